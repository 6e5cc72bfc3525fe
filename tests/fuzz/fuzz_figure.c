// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as an SVG picture for a page: an error with a message, or a drawing that is
// well-formed, draws something, has only what page.h lets stay, reaches nothing outside itself,
// and reads once more, without a loss, as the same drawing.  Built by clang
// -fsanitize=fuzzer,address,undefined.
#include <config.h>

#include "cmd/page.h"

#include <expat.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PREFIX "pRfX"
#define OPENING "<svg xmlns=\"http://www.w3.org/2000/svg\""

static size_t n_warnings;

static void demand(bool condition)
{
  if (!condition)
    abort();
}

// In place of the page's own: there is no page here.
void page_warn(struct page *page, const char *format, ...)
{
  (void) page, (void) format;
  n_warnings++;
}

// ---- what a browser would meet ----

static bool is_allowed(const char *name)
{
  static const char allowed[] =
      " circle clipPath defs ellipse feBlend feColorMatrix feComposite feFlood feGaussianBlur"
      " feMerge feMergeNode feOffset filter g image line linearGradient marker mask path pattern"
      " polygon polyline radialGradient rect stop style svg switch symbol text textPath tspan use ";
  char *word = text_format(" %s ", name);
  bool found = strstr(allowed, word) != NULL;
  free(word);
  return found;
}

// No url() but of this picture's own parts, no escape that could hide one.
static void check_value(const char *value)
{
  demand(!strchr(value, '\\') && !strcasestr(value, "image-set(") && !strcasestr(value, "src("));
  for (const char *c = value; (c = strcasestr(c, "url(")) != NULL;) {
    c += 4;
    c += strspn(c, " \t\r\n\"'");
    demand(text_starts(c, "#" PREFIX "-"));
  }
}

static void check_reference(const char *element, const char *value)
{
  if (*value == '#')
    demand(text_starts(value, "#" PREFIX "-"));
  else
    demand(strcmp(element, "image") == 0 && text_starts(value, "data:image/") &&
           !text_starts(value, "data:image/svg"));
}

struct walk {
  size_t n_elements;
  struct text style;
  bool in_style;
};

static void check_element(void *pointer, const char *name, const char **attribute)
{
  struct walk *walk = pointer;
  walk->n_elements++;
  demand(is_allowed(name) && !walk->in_style);
  walk->in_style = strcmp(name, "style") == 0;
  for (; *attribute; attribute += 2) {
    demand(strncasecmp(attribute[0], "on", 2) != 0);
    demand(!strchr(attribute[0], ':') || strcmp(attribute[0], "xml:space") == 0);
    if (strcmp(attribute[0], "href") == 0)
      check_reference(name, attribute[1]);
    else if (strcmp(attribute[0], "id") == 0)
      demand(text_starts(attribute[1], PREFIX "-"));
    else if (strcmp(attribute[0], "xmlns") != 0)
      check_value(attribute[1]);
  }
}

// The end of what begins at `c` as a browser takes it (CSS Syntax Level 3, 4.3): a string, a
// comment, a url( that is not quoted, or a single character.
static const char *token_end(const char *c)
{
  if (*c == '"' || *c == '\'') {
    const char *end = c + 1 + strcspn(c + 1, *c == '"' ? "\"\r\n\f" : "'\r\n\f");
    return *end == *c ? end + 1 : end;
  }
  if (text_starts(c, "/*")) {
    const char *end = strstr(c + 2, "*/");
    return end ? end + 2 : c + strlen(c);
  }
  if (strncasecmp(c, "url(", 4) == 0 && !strchr("\"'", c[4 + strspn(c + 4, " \t\r\n\f")])) {
    c += strcspn(c, ")");
    return *c ? c + 1 : c;
  }
  return c + 1;
}

// Each rule's selectors are below the element that holds the picture.
static void check_rules(const char *style)
{
  const char *c = style + strspn(style, " \t\r\n\f");
  while (*c) {
    while (*c != '{') {
      demand(text_starts(c, "#" PREFIX " "));
      c += strlen("#" PREFIX " ");
      c += strspn(c, " \t\r\n\f");
      demand(!strchr("+~>|,{", *c));
      while (*c != '{' && *c != ',') {
        demand(*c && !strchr("};@", *c));
        c = token_end(c);
      }
      c += *c == ',' ? 1 : 0;
    }
    for (size_t depth = 0; *c && (depth += *c == '{', depth -= *c == '}', depth > 0);)
      c = token_end(c);
    demand(*c == '}');
    c++;
    c += strspn(c, " \t\r\n\f");
  }
}

static void check_end(void *pointer, const char *name)
{
  (void) name;
  struct walk *walk = pointer;
  if (walk->in_style) {
    check_value(text_content(&walk->style));
    check_rules(text_content(&walk->style));
    text_clear(&walk->style);
    walk->in_style = false;
  }
}

static void take_text(void *pointer, const char *text, int n)
{
  struct walk *walk = pointer;
  if (walk->in_style)
    text_append_bytes(&walk->style, text, (size_t) n);
}

static void check_drawing(const struct text *picture)
{
  struct walk walk = {0};
  XML_Parser parser = XML_ParserCreate(NULL);
  XML_SetUserData(parser, &walk);
  XML_SetElementHandler(parser, check_element, check_end);
  XML_SetCharacterDataHandler(parser, take_text);
  demand(XML_Parse(parser, text_content(picture), (int) picture->length, 1) == XML_STATUS_OK);
  XML_ParserFree(parser);
  text_free(&walk.style);
  demand(walk.n_elements > 1);
  demand(text_is_utf8(text_content(picture), picture->length, NULL));
  // No comment, declaration or instruction, which HTML reads in other ways than XML.
  demand(!strstr(text_content(picture), "<!") && !strstr(text_content(picture), "<?"));
}

// ---- reading ----

static bool read_picture(struct scratch *scratch, const char *bytes, size_t n,
                         struct page_item *item)
{
  struct page page = {0};
  struct error error = {0};
  *item = (struct page_item){.path = memory_copy_text(scratch_write(scratch, "a.svg", bytes, n))};
  n_warnings = 0;
  bool good = page_read_figure(&page, item, PREFIX, &error);
  if (!good) {
    demand(error.status == ERROR_DATA && text_starts(error.message, item->path));
    demand(text_is_utf8(error.message, strlen(error.message), NULL));
    demand(item->drawing.length == 0 && !item->title);
  }
  return good;
}

static void item_free(struct page_item *item)
{
  free(item->path);
  free(item->title);
  text_free(&item->drawing);
}

static void remove_all(char *text, const char *part)
{
  size_t n = strlen(part);
  char *to = text;
  for (const char *from = text; *from;)
    if (strncmp(from, part, n) == 0)
      from += n;
    else
      *to++ = *from++;
  *to = '\0';
}

// The drawing without prefixes and line ends; the caller frees.
static char *plain(const struct text *drawing)
{
  char *text = memory_copy_text(text_content(drawing));
  remove_all(text, PREFIX "-");
  remove_all(text, "#" PREFIX " ");
  remove_all(text, " xmlns=\"http://www.w3.org/2000/svg\"");
  for (const char *blank = " \t\r\n"; *blank; blank++)
    remove_all(text, (char[]){*blank, '\0'});
  return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct scratch scratch;
  struct page_item item, again;
  scratch_open(&scratch);
  if (read_picture(&scratch, (const char *) data, size, &item)) {
    struct text picture = {0};
    text_append(&picture, OPENING);
    text_append_bytes(&picture, text_content(&item.drawing), item.drawing.length);
    check_drawing(&picture);
    demand(read_picture(&scratch, text_content(&picture), picture.length, &again));
    demand(n_warnings == 0 && !again.title);
    char *first = plain(&item.drawing), *second = plain(&again.drawing);
    demand(strcmp(first, second) == 0 || memmem(data, size, PREFIX, strlen(PREFIX)));
    free(first);
    free(second);
    item_free(&again);
    text_free(&picture);
  }
  item_free(&item);
  scratch_close(&scratch);
  return 0;
}
