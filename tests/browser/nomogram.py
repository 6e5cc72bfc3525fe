# SPDX-License-Identifier: GPL-3.0-or-later
"""her2-nomogram's page driven through chromedriver (W3C WebDriver): nomogram.py FOLDER.

FOLDER has full.html and full.json, predicted.csv (her2-predict's risks), hostile.html.
Standard library only.
"""
import base64
import csv
import http.server
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

FOLDER = sys.argv[1]
TAB, RIGHT, HOME, PAGE_UP, SPACE = "\ue004", "\ue014", "\ue011", "\ue00e", "\ue00d"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
count = failures = 0


def ok(good, name, detail=""):
    global count, failures
    count += 1
    failures += not good
    print(("ok" if good else "not ok"), count, "-", name)
    if not good and detail != "":
        print("#", str(detail).replace("\n", "\n# "))


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="her2-browser-profile.")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self):
        port = None
        for line in self.driver.stdout:
            found = re.search(r"successfully on port (\d+)", line)
            if found:
                port = found.group(1)
                break
        threading.Thread(target=self.driver.stdout.read, daemon=True).start()
        self.base = f"http://127.0.0.1:{port}"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                   "--no-first-run", "--disable-background-networking",
                   "--disable-component-update", "--disable-sync", "--window-size=1200,1600",
                   f"--user-data-dir={self.profile}"]
        answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": options},
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.base += "/session/" + answer["sessionId"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"},
                                         method=method)
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from error

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.stop()

    def stop(self):
        self.driver.terminate()
        self.driver.wait(20)
        shutil.rmtree(self.profile, ignore_errors=True)

    def open(self, page, fragment=""):
        self.call("POST", "/url", {"url": "about:blank"})
        self.call("POST", "/url", {"url": "file://" + os.path.join(FOLDER, page) + fragment})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_later(self, script, *arguments):
        return self.call("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def element(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def elements(self, selector):
        found = self.call("POST", "/elements", {"using": "css selector", "value": selector})
        return [one[ELEMENT] for one in found]

    def of(self, element, what):
        return self.call("GET", f"/element/{element}/{what}")

    def type(self, element, text, clear=True):
        if clear:
            self.call("POST", f"/element/{element}/clear", {})
        self.call("POST", f"/element/{element}/value", {"text": text})

    def click(self, element):
        self.call("POST", f"/element/{element}/click", {})

    def press(self, key):
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}]})

    def console(self):
        return self.call("POST", "/se/log", {"type": "browser"})

    def result(self):
        return self.run("return Object.assign({}, document.getElementById('result').dataset)")


def numbers(result):
    return {name: float(result[name]) for name in
            ("risk", "low", "high", "linearPredictor", "total") if name in result}


COLUMNS = {"risk": "risk", "low": "risk.low", "high": "risk.high",
           "linearPredictor": "linear.predictor", "total": "points"}


def largest_difference(result, row):
    got = numbers(result)
    if set(got) != set(COLUMNS):
        return math.inf
    # Log odds and points relative to 1 and to the 100 of a whole axis.
    return max(abs(got[name] - float(row[column])) / (100 if name == "total" else 1)
               for name, column in COLUMNS.items())


SET = """
  var values = arguments[0], data = JSON.parse(document.getElementById('scale').textContent);
  document.getElementById('predictors').reset();
  data.variables.forEach(function (variable, v) {
    var value = values[variable.name], control;
    if (variable.levels) {
      var level = variable.texts.indexOf(value);
      control = document.getElementById('v' + v + '-' + level);
      if (control)
        control.checked = true;
      else
        (control = document.getElementById('v' + v)).value = String(level);
    } else
      (control = document.getElementById('v' + v)).value = value;
    control.dispatchEvent(new Event('input', {bubbles: true}));
  });
  return Object.assign({}, document.getElementById('result').dataset);
"""


def value_of(row, name):
    return str(float(row["pgr"]) + 1) if name == "pgr_1" else row[name]


def check_predictions(browser, model, rows):
    names = [variable["name"] for variable in model["variables"]]
    worst, incomplete = 0, 0
    for row in rows:
        result = browser.run(SET, {name: value_of(row, name) for name in names})
        incomplete += result["state"] != "complete"
        worst = max(worst, largest_difference(result, row))
    ok(len(rows) == 100, "a hundred patients", len(rows))
    ok(incomplete == 0, "each has a result")
    ok(worst < 1e-9, "risk, interval, linear predictor and points are her2-predict's to 1e-9", worst)


def check_typing(browser, model, rows):
    """The same through keys and clicks alone."""
    for row in rows[:3]:
        browser.open("full.html")
        for v, variable in enumerate(model["variables"]):
            value = value_of(row, variable["name"])
            if variable["type"] == "numeric":
                browser.type(browser.element(f"#v{v}"), value)
            else:
                browser.click(browser.element(f"#v{v}-{variable['levels'].index(value)}"))
        difference = largest_difference(browser.result(), row)
        ok(difference < 1e-9, "typed and clicked", difference)


def check_start(browser, model):
    browser.open("full.html")
    result = browser.result()
    ok(result["state"] == "incomplete" and "risk" not in result, "no risk before all is set", result)
    lack = browser.run("return document.getElementById('lack').textContent")
    titles = [variable.get("label", variable["name"]) for variable in model["variables"]]
    ok(all(title in lack for title in titles), "what is still to be set is named", lack)
    ok(browser.run("return document.documentElement.lang") == "en", "the page has a language")
    ok(browser.run("return document.querySelectorAll('h1').length") == 1, "one first heading")
    about = browser.run("return document.getElementById('about').textContent")
    ok(f"Fitted to {model['data']['n']} patients, {model['data']['events']} with the event" in about
       and "apparent" in about and "log odds = " in about, "the page says what the model is", about)
    embedded = browser.run("return JSON.parse(document.getElementById('model').textContent)")
    ok(embedded == model, "the model file stands in the page")


def check_names(browser, model):
    """What a screen reader is told."""
    for v, variable in enumerate(model["variables"]):
        title = variable.get("label", variable["name"])
        if "unit" in variable:
            title += f" ({variable['unit']})"
        if variable["type"] == "numeric":
            field, slider = browser.element(f"#v{v}"), browser.element(f"#v{v}-slider")
            got = [browser.of(field, "computedrole"), browser.of(field, "computedlabel"),
                   browser.of(slider, "computedrole"), browser.of(slider, "computedlabel")]
            ok(got == ["spinbutton", title, "slider", title + ", slider"], f"names of {title}", got)
            hint = browser.run("return document.getElementById(arguments[0]).textContent",
                               f"v{v}-hint")
            ok(hint.startswith("Range seen: "), f"range of {title}", hint)
        else:
            radio = browser.elements(f"input[name=v{v}]")
            labels = variable.get("labels", variable["levels"])
            got = [browser.of(one, "computedlabel") for one in radio]
            ok(got == labels, f"levels of {title}", got)
            group = browser.run("return document.querySelector('input[name=v' + arguments[0] + ']')"
                                ".closest('fieldset')", v)[ELEMENT]
            got = [browser.of(group, "computedrole"), browser.of(group, "computedlabel")]
            ok(got == ["group", title], f"group of {title}", got)
    live = browser.element("#announcement")
    ok(browser.of(live, "computedrole") == "status"
       and browser.of(live, "attribute/aria-live") == "polite", "the result is announced politely")


def check_keyboard(browser, model):
    browser.open("full.html")
    reached = []
    for _ in range(60):
        browser.press(TAB)
        active = browser.run("var a = document.activeElement; return a.id || a.type || a.tagName")
        if active in reached or active == "BODY":
            break
        reached.append(active)
    expected = []
    for v, variable in enumerate(model["variables"]):
        if variable["type"] == "numeric":
            expected += [f"v{v}", f"v{v}-slider"]
        else:
            expected.append(f"v{v}-0")
    ok(reached == expected + ["reset"], "Tab reaches every control in order", reached)
    age = [v["name"] for v in model["variables"]].index("age")
    slider = browser.element(f"#v{age}-slider")
    ok(browser.of(slider, "attribute/aria-valuetext") == "not set", "a slider that is not set says so")
    browser.run("arguments[0].focus()", {ELEMENT: slider})
    browser.press(HOME)
    least = model["variables"][age]["range"][0]
    field = browser.element(f"#v{age}")
    ok(browser.of(field, "property/value") == str(least), "Home on a slider goes to the least value")
    browser.press(RIGHT)
    ok(browser.of(field, "property/value") == str(least + 1), "an arrow goes a step")
    ok(browser.of(slider, "attribute/aria-valuetext") == str(least + 1), "the slider says its value")
    browser.type(field, "55")
    ok(browser.of(slider, "property/value") == "55", "the field moves the slider")
    categorical = [v for v, one in enumerate(model["variables"]) if one["type"] != "numeric"][0]
    browser.run("arguments[0].focus()", {ELEMENT: browser.element(f"#v{categorical}-0")})
    browser.press(SPACE)
    browser.press(RIGHT)
    ok(browser.run("return document.querySelector('input[name=v' + arguments[0] + ']:checked').value",
                   categorical) == "1", "arrows choose a level")


def check_announcement(browser, model, row):
    browser.open("full.html")
    result = browser.run(SET, {v["name"]: value_of(row, v["name"]) for v in model["variables"]})
    time.sleep(0.8)
    said = browser.run("return document.getElementById('announcement').textContent")
    shown = f"{100 * float(result['risk']):.1f}%"
    ok(shown in said and "90% interval" in said and "Total points" in said, "the result is said", said)
    marks = browser.run("return document.querySelectorAll('#marks circle').length")
    ok(marks >= 8, "the nomogram is marked", marks)
    browser.click(browser.element("button[type=reset]"))
    time.sleep(0.2)
    ok(browser.result()["state"] == "incomplete"
       and browser.run("return document.querySelectorAll('#marks circle').length") == 0,
       "Clear takes all back")


def check_range(browser, model, row):
    names = [variable["name"] for variable in model["variables"]]
    values = {name: value_of(row, name) for name in names}
    age, pgr = names.index("age"), names.index("pgr_1")
    inside = browser.run(SET, values)
    ok(inside["outOfRange"] == "false", "inside the range")
    outside = browser.run(SET, dict(values, age="120"))
    warning = browser.element(f"#v{age}-warning")
    ok(outside["outOfRange"] == "true" and "risk" in outside and browser.of(warning, "displayed")
       and "Outside the range" in browser.of(warning, "text"), "a value outside the range is flagged")
    refused = browser.run(SET, dict(values, pgr_1="-3"))
    warning = browser.element(f"#v{pgr}-warning")
    ok("risk" not in refused and "must be above 0" in browser.of(warning, "text"),
       "no logarithm, no risk", refused)
    ok(browser.of(browser.element(f"#v{pgr}"), "attribute/aria-invalid") == "true",
       "and the field is invalid")


def check_fragment(browser, model, row):
    names = [variable["name"] for variable in model["variables"]]
    pairs = "&".join(f"{name}={urllib.request.quote(value_of(row, name))}" for name in names)
    browser.open("full.html", "#" + pairs)
    difference = largest_difference(browser.result(), row)
    ok(difference < 1e-9, "values in the address", difference)


OVERLAPS = """
  var boxes = Array.from(document.querySelectorAll('svg text')).map(function (t) {
    return t.getBBox(); }), view = document.querySelector('svg').viewBox.baseVal, bad = [];
  boxes.forEach(function (a, i) {
    if (a.x < -1 || a.x + a.width > view.width + 1 || a.y < -1 || a.y + a.height > view.height + 8)
      bad.push('outside ' + i);
    boxes.slice(0, i).forEach(function (b, j) {
      if (a.x < b.x + b.width && b.x < a.x + a.width && a.y + 4 < b.y + b.height &&
          b.y + 4 < a.y + a.height)
        bad.push(i + ' on ' + j);
    });
  });
  return bad;
"""


def check_looks(browser, page):
    browser.open(page)
    bad = browser.run(OVERLAPS)
    ok(bad == [], f"{page}: no word of the nomogram upon another", bad)
    for width in (320, 1200):
        browser.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride",
                     "params": {"width": width, "height": 900, "deviceScaleFactor": 1,
                                "mobile": False}})
        wide = browser.run("return document.documentElement.scrollWidth")
        ok(wide <= width, f"{page}: {width} pixels are wide enough", wide)
    browser.call("POST", "/goog/cdp/execute",
                 {"cmd": "Emulation.clearDeviceMetricsOverride", "params": {}})
    printed = base64.b64decode(browser.call("POST", "/print", {}))
    ok(printed.startswith(b"%PDF") and len(printed) > 5000, f"{page}: prints")


def check_network(browser):
    """Nothing is fetched, and nothing can be."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    # Threads: Chromium opens a connection for the form before it blocks it, and sends nothing.
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    browser.open("full.html")
    ok(browser.run("return performance.getEntriesByType('resource').length") == 0,
       "the page fetches nothing")
    errors = [line for line in browser.console() if line["level"] == "SEVERE"]
    ok(errors == [], "no error in the console", errors)
    answer = browser.run_later("""
      var done = arguments[1];
      fetch(arguments[0]).then(function () { done('fetched'); }, function () { done('blocked'); });
    """, url + "fetch")
    ok(answer == "blocked", "fetch is blocked", answer)
    answer = browser.run_later("""
      var done = arguments[1], image = new Image();
      image.onload = image.onerror = function (event) { done(event.type); };
      image.src = arguments[0];
    """, url + "image")
    ok(answer == "error", "images are blocked", answer)
    browser.run("""
      var script = document.createElement('script');
      script.textContent = 'window.injected = 1';
      document.body.appendChild(script);
      document.body.insertAdjacentHTML('beforeend',
        '<form id=f action=' + arguments[0] + 'form></form>');
      document.getElementById('f').submit();
    """, url)
    time.sleep(0.3)
    ok(browser.run("return window.injected === undefined"), "a script from elsewhere does not run")
    ok(asked == [], "no request has arrived", asked)
    server.shutdown()
    browser.console()


def check_hostile(browser):
    browser.open("hostile.html")
    ok(browser.run("return typeof pwned") == "undefined", "labels are no scripts")
    label = browser.run("return document.querySelector('label').textContent")
    ok("</script><script>pwned = 3</script><!--" in label and "&amp;" in label,
       "a label stands as it is", label)
    ok(browser.run("return document.querySelectorAll('img, b').length") == 0, "labels are no markup")
    ok(browser.run("return document.querySelectorAll('script').length") == 3, "three scripts")
    result = browser.run(SET, {"</script><script>pwned = 2</script>": "0.25", "b": "--><b>",
                               "site": "</select><script>pwned = 8</script>"})
    expected = 1 / (1 + math.exp(-(-1 + 0.5 + 1 + 0.6)))
    ok(abs(float(result.get("risk", "nan")) - expected) < 1e-12, "and it computes", result)
    ok("low" not in result, "no interval without covariance")
    ok(browser.run("return document.querySelectorAll('select option').length") == 8,
       "many levels are a list")
    ok(browser.of(browser.element("select"), "computedrole") == "combobox"
       and browser.of(browser.element("select"), "computedlabel") == "site", "the list has its name")
    ok(browser.run("return typeof pwned") == "undefined", "still no script")
    errors = [line for line in browser.console() if line["level"] == "SEVERE"]
    ok(errors == [], "no error in the console", errors)


def main():
    with open(os.path.join(FOLDER, "full.json"), encoding="utf-8") as file:
        model = json.load(file)
    with open(os.path.join(FOLDER, "predicted.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    browser = Browser()
    try:
        check_start(browser, model)
        check_predictions(browser, model, rows)
        check_typing(browser, model, rows)
        check_names(browser, model)
        check_keyboard(browser, model)
        check_announcement(browser, model, rows[0])
        check_range(browser, model, rows[0])
        check_fragment(browser, model, rows[1])
        check_looks(browser, "full.html")
        check_looks(browser, "hostile.html")
        check_hostile(browser)
        check_network(browser)
    finally:
        browser.close()
    print(f"1..{count}")
    return 1 if failures else 0


sys.exit(main())
