# SPDX-License-Identifier: GPL-3.0-or-later
"""her2-report's pages in Chromium, on a desktop, on a phone and printed: report.py FOLDER.

FOLDER has page.html with every kind of item, hostile.html from figures and notes that are not
kind, and png.html with a picture within a figure.
"""
import base64
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from browser import Browser, Tap  # noqa: E402

tap = Tap()
ok = tap.ok
PHONE, DESKTOP = (375, 800), (1200, 900)

# Elements that reach beyond the page's right edge and stand in no box that scrolls.
OUTSIDE = """
  var width = document.documentElement.clientWidth, bad = [];
  document.querySelectorAll('body *').forEach(function (element) {
    if (element.closest('svg') && element.localName !== 'svg')
      return;
    for (var box = element.parentElement; box; box = box.parentElement)
      if (/auto|scroll/.test(getComputedStyle(box).overflowX))
        return;
    var right = element.getBoundingClientRect().right;
    if (right > width + 1)
      bad.push(element.localName + '.' + element.className + ' ' + right);
  });
  return bad;
"""

# For each figure: how much is drawn, and whether it lies within the picture.
FIGURES = """
  return Array.from(document.querySelectorAll('figure svg')).map(function (svg) {
    var view = svg.getBoundingClientRect(), drawn = 0, outside = 0, box = svg.parentElement;
    svg.querySelectorAll('path, rect, circle, line, polygon, polyline, text, use, image')
      .forEach(function (shape) {
        var at = shape.getBoundingClientRect();
        if (shape.closest('defs') || at.width + at.height === 0)
          return;
        drawn++;
        if (at.left < view.left - 2 || at.right > view.right + 2 || at.top < view.top - 2 ||
            at.bottom > view.bottom + 2)
          outside++;
      });
    return {drawn: drawn, outside: outside, width: view.width, height: view.height,
            texts: svg.querySelectorAll('text').length, scrolls: box.scrollWidth > box.clientWidth,
            font: Math.min.apply(null, Array.from(svg.querySelectorAll('text')).map(function (text) {
              return text.getBoundingClientRect().height; }))};
  });
"""

LINKS = """
  var dead = [], n = 0;
  document.querySelectorAll('a').forEach(function (link) {
    var href = link.getAttribute('href');
    if (href.charAt(0) !== '#')
      return;
    n++;
    if (!document.getElementById(decodeURIComponent(href.slice(1))))
      dead.push(href);
  });
  return [n, dead];
"""

TWICE = """
  var seen = {}, twice = [];
  document.querySelectorAll('[id]').forEach(function (element) {
    if (seen[element.id])
      twice.push(element.id);
    seen[element.id] = true;
  });
  return twice;
"""

# References of figures that lead nowhere.
LOST = """
  var lost = [];
  document.querySelectorAll('svg *').forEach(function (element) {
    Array.from(element.attributes).forEach(function (attribute) {
      var found = /^(?:url\\(["' ]*)?#([^"')]+)/.exec(attribute.value);
      if (found && (attribute.localName === 'href' || attribute.value.indexOf('url(') === 0) &&
          !document.getElementById(found[1]))
        lost.push(attribute.name + '=' + attribute.value);
    });
  });
  return lost;
"""


def errors_of(browser):
    return [line for line in browser.console() if line["level"] in ("SEVERE", "WARNING")]


def check_quiet(browser, page):
    browser.open(page)
    ok(errors_of(browser) == [], f"{page}: nothing in the console")
    ok(browser.run("return performance.getEntriesByType('resource').filter(function (entry) {"
                   "return entry.name.slice(0, 5) !== 'data:'; }).length") == 0,
       f"{page}: nothing is fetched")
    ok(browser.run("return document.compatMode") == "CSS1Compat", f"{page}: standards mode")
    twice = browser.run(TWICE)
    ok(twice == [], f"{page}: every id once", twice)
    lost = browser.run(LOST)
    ok(lost == [], f"{page}: figures find their parts", lost)


def check_width(browser, page, size):
    browser.resize(*size)
    browser.open(page)
    wide = browser.run("return document.documentElement.scrollWidth")
    ok(wide <= size[0], f"{page}: {size[0]} pixels are wide enough", wide)
    bad = browser.run(OUTSIDE)
    ok(bad == [], f"{page}: nothing is cut off at {size[0]} pixels", bad)
    figures = browser.run(FIGURES)
    ok(len(figures) > 0 and all(figure["drawn"] > 0 and figure["width"] > 50 and
                                figure["height"] > 20 for figure in figures),
       f"{page}: every figure is drawn at {size[0]} pixels", figures)
    return figures


def check_page(browser):
    for size in (PHONE, DESKTOP):
        figures = check_width(browser, "page.html", size)
        ok(len(figures) == 4, "four figures", len(figures))
        ok(all(figure["drawn"] > 20 and figure["outside"] == 0 for figure in figures),
           "all of each figure is within it", figures)
        ok(all(figure["font"] > 4.5 for figure in figures), "their words can be read", figures)
    browser.resize(*PHONE)
    browser.open("page.html")
    size = browser.run("return parseFloat(getComputedStyle(document.querySelector('td')).fontSize)")
    ok(size >= 13, "cells can be read on a phone", size)
    # The last column of the widest table is reached.
    reached = browser.run("""
      var boxes = Array.from(document.querySelectorAll('div.box'));
      boxes.sort(function (a, b) { return b.scrollWidth - a.scrollWidth; });
      var box = boxes[0], cell = box.querySelector('thead th:last-child');
      var before = cell.getBoundingClientRect().right;
      box.scrollLeft = 1e6;
      return [before, cell.getBoundingClientRect().right, box.getBoundingClientRect().right];
    """)
    ok(reached[0] > reached[2] and abs(reached[1] - reached[2]) < 3, "a wide table scrolls", reached)
    first = browser.run("""
      var box = document.querySelector('div.result div.box'); box.scrollLeft = 60;
      return [box.querySelector('tbody th').getBoundingClientRect().left,
              box.getBoundingClientRect().left];
    """)
    ok(abs(first[0] - first[1]) < 2, "its first column stays", first)


# Of tables to be read: what overflows its box, and the least and most width of a cell.
READ = """
  return Array.from(document.querySelectorAll('div.text')).map(function (box) {
    var cells = Array.from(box.querySelectorAll('tbody td')).map(function (cell) {
      return cell.getBoundingClientRect(); });
    return {over: box.scrollWidth - box.clientWidth, cut: box.scrollHeight - box.clientHeight,
            least: Math.min.apply(null, cells.map(function (cell) { return cell.width; })),
            heading: getComputedStyle(box.querySelector('tbody td'), '::before').content};
  });
"""


def check_text(browser):
    for size in (PHONE, DESKTOP):
        browser.resize(*size)
        browser.open("text.html")
        boxes = browser.run(READ)
        ok(len(boxes) == 2 and all(box["over"] <= 1 and box["cut"] <= 1 for box in boxes),
           f"tables to be read do not scroll at {size[0]} pixels", boxes)
        phone = size is PHONE
        ok(not phone or all(box["least"] > 300 for box in boxes), "on a phone a cell is a paragraph", boxes)
        ok([box["heading"] != "none" for box in boxes] == [False, phone],
           "with its heading where there are many", boxes)
        ok(browser.of(browser.element("div.text tbody td"), "computedrole") in ("cell", "gridcell"),
           "which is still a cell")


def check_links(browser):
    browser.resize(*DESKTOP)
    browser.open("page.html")
    n, dead = browser.run(LINKS)
    ok(n >= 8 and dead == [], "links of the page are alive", [n, dead])
    browser.click(browser.element("nav.contents li:last-child > a"))
    top = browser.run("return document.querySelector(decodeURIComponent(location.hash))"
                      ".getBoundingClientRect().top")
    bottom = browser.run("return innerHeight + scrollY >= document.documentElement.scrollHeight - 2")
    ok(-2 < top < DESKTOP[1] and (top < 5 or bottom), "the contents lead there", top)


def check_names(browser):
    """What a screen reader is told."""
    captions = browser.run("return Array.from(document.querySelectorAll('figcaption p'))"
                           ".map(function (p) { return p.textContent; })")
    figures = browser.elements("figure svg")
    got = [[browser.of(one, "computedrole"), browser.of(one, "computedlabel")] for one in figures]
    ok(all(pair[0] in ("img", "image") for pair in got) and [pair[1] for pair in got] == captions,
       "figures are pictures with their captions", got)
    ok(any("simulated" in caption for caption in captions), "captions stand as they are", captions)
    cell = browser.element("tbody th")
    ok(browser.of(cell, "computedrole") == "rowheader", "rows have headers")
    ok(browser.run("return document.documentElement.lang") == "en", "the page has a language")
    levels = browser.run("return Array.from(document.querySelectorAll('h1,h2,h3,h4,h5,h6'))"
                         ".map(function (h) { return +h.localName[1]; })")
    ok(levels.count(1) == 1 and levels[0] == 1 and
       all(after <= before + 1 for before, after in zip(levels, levels[1:])), "headings in order", levels)
    call = browser.run("return document.querySelector('figure pre.call').innerText")
    ok(call.startswith("her2-") and "\n" not in call.strip(), "a command is copied as one line", call)


def check_print(browser, page):
    browser.open(page)
    printed = base64.b64decode(browser.call("POST", "/print", {}))
    ok(printed.startswith(b"%PDF") and len(printed) > 5000, f"{page}: prints", len(printed))


def check_hostile(browser):
    for size in (PHONE, DESKTOP):
        check_width(browser, "hostile.html", size)
    ok(browser.run("return typeof pwned") == "undefined", "nothing runs")
    ok(browser.run("return document.querySelectorAll('script, iframe, object, embed, link, "
                   "foreignObject, animate, main img').length") == 0, "nothing that could")
    ok(browser.run("return Array.from(document.querySelectorAll('*')).filter(function (element) {"
                   "return Array.from(element.attributes).some(function (attribute) {"
                   "return /^on/i.test(attribute.name); }); }).length") == 0, "no handlers")
    shown = browser.run("return getComputedStyle(document.body).display")
    ok(shown == "block", "a figure's style sheet does not reach the page", shown)
    fill = browser.run("return Array.from(document.querySelectorAll('figure rect')).map(function (r) {"
                       "return getComputedStyle(r).fill; })")
    ok(fill == ["rgb(1, 2, 3)", "rgb(4, 5, 6)"], "but each its own", fill)
    inside = browser.run("""
      var box = document.querySelector('figure div.drawing').getBoundingClientRect();
      var hit = document.elementFromPoint(10, 10);
      return !hit.closest('svg') && box.top > 20;
    """)
    ok(inside, "nor does a figure cover the page")


def check_policy(browser):
    browser.open("page.html")
    answer = browser.run_later("""
      var done = arguments[0], image = new Image();
      image.onload = image.onerror = function (event) { done(event.type); };
      image.src = 'file:///nowhere.png';
    """)
    blocked = [line for line in browser.console() if "Content Security Policy" in line["message"]]
    ok(answer == "error" and len(blocked) > 0, "the page forbids to fetch", blocked)


def main():
    browser = Browser(sys.argv[1])
    try:
        for page in ("page.html", "hostile.html", "png.html"):
            check_quiet(browser, page)
        check_page(browser)
        check_text(browser)
        check_links(browser)
        check_names(browser)
        check_hostile(browser)
        check_width(browser, "png.html", PHONE)
        ok(browser.run("return document.querySelector('svg image').getBoundingClientRect().width") > 50,
           "a picture within a figure is shown")
        for page in ("page.html", "hostile.html"):
            check_print(browser, page)
        check_policy(browser)
    finally:
        browser.close()
    return tap.done()


sys.exit(main())
