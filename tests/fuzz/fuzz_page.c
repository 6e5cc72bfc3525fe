// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as the files of a page, a form feed between one and the next; the first byte of each
// says what it is: s a picture, c a table, m notes, else a result.  An error with a message, or
// a page that is well-formed XML, has only the elements that a page has, no handlers, and no
// link but to files, places and addresses that run nothing.  Built by clang
// -fsanitize=fuzzer,address,undefined.
#include <config.h>

#include "cmd/page.h"

#include <expat.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_FILES = 5 };

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static bool is_allowed(const char *name)
{
  static const char allowed[] =
      // the page and its tables
      " html head meta title style body header nav main footer h1 h2 h3 h4 h5 h6 p ul ol li a div"
      " span strong em code pre blockquote br hr table thead tbody tr th td figure figcaption"
      // pictures
      " circle clipPath defs ellipse feBlend feColorMatrix feComposite feFlood feGaussianBlur"
      " feMerge feMergeNode feOffset filter g image line linearGradient marker mask path pattern"
      " polygon polyline radialGradient rect stop svg switch symbol text textPath tspan use ";
  char *word = text_format(" %s ", name);
  bool found = strstr(allowed, word) != NULL;
  free(word);
  return found;
}

static void check_element(void *pointer, const char *name, const char **attribute)
{
  (void) pointer;
  demand(is_allowed(name));
  for (; *attribute; attribute += 2) {
    demand(strncasecmp(attribute[0], "on", 2) != 0 && strcmp(attribute[0], "srcset") != 0);
    if (strcmp(attribute[0], "href") != 0 && strcmp(attribute[0], "src") != 0)
      continue;
    // A browser passes over blanks and controls in front.
    const char *value = attribute[1];
    while (*value && (unsigned char) *value <= ' ')
      value++;
    demand(strncasecmp(value, "javascript:", 11) != 0 && strncasecmp(value, "vbscript:", 9) != 0);
    demand(strncasecmp(value, "data:", 5) != 0 || strncasecmp(value, "data:image/", 11) == 0);
  }
}

static void check_page(const struct page *page)
{
  struct text html = {0}, markdown = {0};
  page_write_html(page, &html);
  demand(text_is_utf8(text_content(&html), html.length, NULL));
  XML_Parser parser = XML_ParserCreate(NULL);
  XML_SetStartElementHandler(parser, check_element);
  bool good = XML_Parse(parser, text_content(&html), (int) html.length, 1) == XML_STATUS_OK;
  demand(good);
  XML_ParserFree(parser);
  page_write_markdown(page, NULL, &markdown);
  demand(text_is_utf8(text_content(&markdown), markdown.length, NULL));
  text_free(&html);
  text_free(&markdown);
}

static const char *ending(char kind)
{
  return kind == 's' ? "svg" : kind == 'c' ? "csv" : kind == 'm' ? "md" : "json";
}

static void write_files(struct scratch *scratch, const char *bytes, size_t size)
{
  for (size_t i = 0; i < MOST_FILES && size > 0; i++) {
    const char *feed = memchr(bytes, '\f', size);
    size_t n = feed ? (size_t) (feed - bytes) : size;
    char *name = text_format("%zu.%s", i, ending(*bytes));
    scratch_write(scratch, name, bytes + (n > 0), n > 0 ? n - 1 : 0);
    free(name);
    n += feed ? 1 : 0;
    bytes += n;
    size -= n;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct scratch scratch;
  struct page page = {0};
  struct error error = {0};
  scratch_open(&scratch);
  write_files(&scratch, (const char *) data, size);
  bool good = true;
  for (size_t i = 0; i < scratch.path.n_items && good; i++)
    good = page_add_operand(&page, scratch.path.item[i], &error);
  if (good) {
    page_link_notes(&page, NULL);
    if (!page.heading) // as the command does
      page.heading = text_format("%s", "Results");
    check_page(&page);
  } else {
    demand(error.status == ERROR_DATA && text_starts(error.message, scratch.folder));
    demand(text_is_utf8(error.message, strlen(error.message), NULL));
  }
  page_free(&page);
  scratch_close(&scratch);
  return 0;
}
