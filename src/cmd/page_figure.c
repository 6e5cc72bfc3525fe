// SPDX-License-Identifier: GPL-3.0-or-later
// her2-report: an SVG picture made fit to stand in an HTML page, by a list of what may stay.
//
// Sources: SVG 1.1 (2nd ed.), chapters 5 (structure), 14 and 16 (clipping, filters), appendix
// on element names; XML 1.0, 2.8 (document type); CSS Syntax Level 3, 5.4 (rules), as far as
// drawing programs write it.  expat expands what XML has and finds what is not well-formed.
#include <config.h>

#include "cmd/page.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "report/format.h"

enum { MOST_BYTES = 16 << 20, MOST_DEPTH = 200 };

#define SVG "http://www.w3.org/2000/svg\n"
#define XLINK "http://www.w3.org/1999/xlink\n"
#define XML "http://www.w3.org/XML/1998/namespace\n"

enum element_use { DRAWS, GROUPS, TEXT, TITLE, STYLE };

static const struct {
  const char *name;
  enum element_use use;
} elements[] = {
    {"circle", DRAWS},
    {"clipPath", GROUPS},
    {"defs", GROUPS},
    {"ellipse", DRAWS},
    {"feBlend", GROUPS},
    {"feColorMatrix", GROUPS},
    {"feComposite", GROUPS},
    {"feFlood", GROUPS},
    {"feGaussianBlur", GROUPS},
    {"feMerge", GROUPS},
    {"feMergeNode", GROUPS},
    {"feOffset", GROUPS},
    {"filter", GROUPS},
    {"g", GROUPS},
    {"image", DRAWS},
    {"line", DRAWS},
    {"linearGradient", GROUPS},
    {"marker", GROUPS},
    {"mask", GROUPS},
    {"path", DRAWS},
    {"pattern", GROUPS},
    {"polygon", DRAWS},
    {"polyline", DRAWS},
    {"radialGradient", GROUPS},
    {"rect", DRAWS},
    {"stop", GROUPS},
    {"style", STYLE},
    {"svg", GROUPS},
    {"switch", GROUPS},
    {"symbol", GROUPS},
    {"text", TEXT},
    {"textPath", TEXT},
    {"title", TITLE},
    {"tspan", TEXT},
    {"use", DRAWS},
};

struct svg_reader {
  XML_Parser parser;
  const char *prefix;
  struct text out;
  struct text style; // content of the style element that is open
  struct text title; // of the picture itself
  size_t depth;
  size_t skipped; // depth within an element that is left out; 0: none
  size_t n_text;  // text elements that are open
  bool in_style, in_title;
  bool has_reference; // the element that is opened has its href
  size_t n_drawn, n_scripts, n_external, n_rules;
  struct text_list unknown;
  double width, height; // of the root, pixels; 0: not stated
  bool has_view;
  struct error *error;
  bool failed;
};

static void fail(struct svg_reader *reader, const char *message)
{
  if (!reader->failed)
    error_set(reader->error, ERROR_DATA, "%s", message);
  reader->failed = true;
  XML_StopParser(reader->parser, XML_FALSE);
}

static void append_escaped(struct text *out, const char *text, size_t n)
{
  char *copy = memory_copy_bytes(text, n);
  struct text clean = {0};
  format_append_clean(&clean, copy, CLEAN_CONTROLS | CLEAN_DIRECTION);
  for (const char *c = text_content(&clean); *c; c++)
    switch (*c) {
    case '&':
      text_append(out, "&amp;");
      break;
    case '<':
      text_append(out, "&lt;");
      break;
    case '>':
      text_append(out, "&gt;");
      break;
    case '"':
      text_append(out, "&quot;");
      break;
    default:
      text_append_character(out, *c);
    }
  text_free(&clean);
  free(copy);
}

// ---- values ----

// The value with every url(#id) of this picture; false if it may reach outside.
static bool rewrite_references(const struct svg_reader *reader, const char *value, struct text *out)
{
  static const char *const outside[] = {"image(", "image-set(", "src(", "\\"};
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
    if (strcasestr(value, outside[i]))
      return false;
  for (const char *found; (found = strcasestr(value, "url(")) != NULL;) {
    const char *target = found + 4;
    target += strspn(target, " \t\r\n\"'");
    if (*target != '#')
      return false;
    text_append_bytes(out, value, (size_t) (target - value));
    text_append_format(out, "#%s-", reader->prefix);
    value = target + 1;
  }
  text_append(out, value);
  return true;
}

// data:image/png;base64,... and its like.
static bool is_embedded_image(const char *value)
{
  static const char *const kinds[] = {"data:image/png;base64,", "data:image/jpeg;base64,",
                                      "data:image/gif;base64,", "data:image/webp;base64,"};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (text_starts(value, kinds[i])) {
      value += strlen(kinds[i]);
      return !value[strspn(value,
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
                           " \t\r\n")];
    }
  return false;
}

static void append_attribute(struct text *out, const char *name, const char *value)
{
  text_append_format(out, " %s=\"", name);
  append_escaped(out, value, strlen(value));
  text_append_character(out, '"');
}

static const char *skip_blanks(const char *text)
{
  return text + strspn(text, " \t\r\n");
}

static bool reference_stays(const char *element, const char *value)
{
  value = skip_blanks(value);
  return *value == '#' || (strcmp(element, "image") == 0 && is_embedded_image(value));
}

static void append_reference(struct svg_reader *reader, const char *element, const char *value)
{
  if (reader->has_reference)
    return; // href beside xlink:href
  if (!reference_stays(element, value)) {
    reader->n_external++;
    return;
  }
  reader->has_reference = true;
  value = skip_blanks(value);
  if (*value == '#') {
    char *place = text_format("#%s-%s", reader->prefix, value + 1);
    append_attribute(&reader->out, "href", place);
    free(place);
  } else {
    append_attribute(&reader->out, "href", value);
  }
}

// The name as HTML writes it; NULL for an attribute of drawing programs.  SVG's own have plain
// letters, and what other letters a name may have depends on the encoding to expat.
static const char *attribute_name(const char *name)
{
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  if (text_starts(name, XLINK))
    return strcmp(name + strlen(XLINK), "href") == 0 ? "href" : NULL;
  if (text_starts(name, XML))
    return strcmp(name + strlen(XML), "space") == 0 ? "xml:space" : NULL;
  return name[strspn(name, plain)] || text_starts(name, "aria-") || text_starts(name, "data-") ||
                 strcmp(name, "role") == 0
             ? NULL
             : name;
}

static void put_attribute(struct svg_reader *reader, const char *element, const char *full_name,
                          const char *value)
{
  const char *name = attribute_name(full_name);
  if (!name)
    return;
  if (strncasecmp(name, "on", 2) == 0) {
    reader->n_scripts++;
  } else if (strcmp(name, "href") == 0) {
    append_reference(reader, element, value);
  } else if (strcmp(name, "id") == 0) {
    char *id = text_format("%s-%s", reader->prefix, value);
    append_attribute(&reader->out, "id", id);
    free(id);
  } else {
    struct text rewritten = {0};
    if (rewrite_references(reader, value, &rewritten))
      append_attribute(&reader->out, name, text_content(&rewritten));
    else
      reader->n_external++;
    text_free(&rewritten);
  }
}

// ---- style sheets ----

// Selectors parted by commas, each below the element that holds the picture.
static void append_selectors(struct svg_reader *reader, const char *text, size_t n)
{
  char *copy = memory_copy_bytes(text, n);
  struct text_list part = {0};
  text_list_split(&part, copy, ',');
  for (size_t i = 0; i < part.n_items; i++) {
    text_append_format(&reader->out, "%s#%s ", i ? "," : "", reader->prefix);
    for (const char *c = part.item[i]; *c;) {
      size_t length = strcspn(c, "#");
      append_escaped(&reader->out, c, length);
      c += length;
      if (*c == '#') {
        text_append_format(&reader->out, "#%s-", reader->prefix);
        c++;
      }
    }
  }
  text_list_free(&part);
  free(copy);
}

// What a browser takes for a list of selectors without "#PREFIX " in front too: ",a" and "~ a"
// are none, and with it they would reach the picture's box and what stands beside it.
static bool is_selector_list(const char *text)
{
  struct text_list part = {0};
  text_list_split(&part, text, ',');
  bool good = part.n_items > 0 && !strpbrk(text, "@\\\"'()}/&");
  for (size_t i = 0; i < part.n_items; i++) {
    const char *first = part.item[i] + strspn(part.item[i], " \t\r\n\f");
    good = good && *first && !strchr("+~>|", *first);
  }
  text_list_free(&part);
  return good;
}

// Whether quotes, parentheses and comments end within: the '}' behind is then the block's.
// An address without quotes ends at the first ')', whatever stands before it.
static bool is_closed(const char *body)
{
  size_t depth = 0;
  for (const char *c = body; *c; c++)
    if (strncasecmp(c, "url(", 4) == 0 && !strchr("\"'", c[4 + strspn(c + 4, " \t\r\n\f")])) {
      c += 4 + strcspn(c + 4, ")\"'(");
      if (*c != ')')
        return false;
    } else if (*c == '"' || *c == '\'') {
      const char *end = c + 1 + strcspn(c + 1, *c == '"' ? "\"\r\n\f" : "'\r\n\f");
      if (*end != *c)
        return false;
      c = end;
    } else if (*c == '(') {
      depth++;
    } else if ((*c == ')' && depth-- == 0) || text_starts(c, "/*")) {
      return false;
    }
  return depth == 0;
}

static void append_rule(struct svg_reader *reader, const char *selectors, size_t n_selectors,
                        const char *body, size_t n_body)
{
  char *copy = memory_copy_bytes(body, n_body), *names = memory_copy_bytes(selectors, n_selectors);
  struct text rewritten = {0};
  if (!is_selector_list(names) || strpbrk(copy, "@{") || !is_closed(copy) ||
      !rewrite_references(reader, copy, &rewritten)) {
    reader->n_rules++;
  } else {
    append_selectors(reader, selectors, n_selectors);
    text_append_character(&reader->out, '{');
    append_escaped(&reader->out, text_content(&rewritten), rewritten.length);
    text_append(&reader->out, "}\n");
  }
  text_free(&rewritten);
  free(copy);
  free(names);
}

static char *without_comments(const char *css)
{
  struct text plain = {0};
  for (const char *open; (open = strstr(css, "/*")) != NULL;) {
    const char *close = strstr(open + 2, "*/");
    text_append_bytes(&plain, css, (size_t) (open - css));
    text_append_character(&plain, ' '); // nothing before and behind grows together
    css = close ? close + 2 : open + strlen(open);
  }
  text_append(&plain, css);
  char *result = memory_copy_text(text_content(&plain));
  text_free(&plain);
  return result;
}

// Past the '}' that closes the block at `open`.
static const char *skip_block(const char *open)
{
  size_t depth = 0;
  for (const char *c = open; *c; c++)
    if (*c == '{')
      depth++;
    else if (*c == '}' && --depth == 0)
      return c + 1;
  return open + strlen(open);
}

static void append_style(struct svg_reader *reader)
{
  char *css = without_comments(text_content(&reader->style));
  text_append(&reader->out, "<style>\n");
  for (const char *c = css + strspn(css, " \t\r\n"); *c; c += strspn(c, " \t\r\n")) {
    size_t n = strcspn(c, "{;");
    if (c[n] == '{') {
      const char *next = skip_block(c + n);
      bool closed = next[-1] == '}';
      if (*c == '@' || !closed)
        reader->n_rules++;
      else
        append_rule(reader, c, n, c + n + 1, (size_t) (next - 1 - (c + n + 1)));
      c = next;
    } else {
      reader->n_rules++;
      c += n + (c[n] ? 1 : 0);
    }
  }
  text_append(&reader->out, "</style>");
  text_clear(&reader->style);
  free(css);
}

// ---- elements ----

// CSS pixels of a length; 0 if it is none or relative.
static double read_length(const char *value)
{
  static const struct {
    const char *unit;
    double pixels;
  } units[] = {{"", 1},    {"px", 1},         {"pt", 96.0 / 72}, {"pc", 16},
               {"in", 96}, {"cm", 96 / 2.54}, {"mm", 96 / 25.4}};
  size_t n = strspn(value, "0123456789.");
  double number;
  if (!number_parse(value, n, '.', &number))
    return 0;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (strcmp(value + n, units[i].unit) == 0)
      return number * units[i].pixels;
  return 0;
}

// Of the root's style what does not place it: its box is the page's.
static char *without_place(const char *style)
{
  static const char *const kept[] = {"fill",  "stroke",          "font",
                                     "color", "background",      "opacity",
                                     "text-", "shape-rendering", "letter-spacing"};
  struct text_list declaration = {0};
  struct text out = {0};
  text_list_split(&declaration, style, ';');
  for (size_t i = 0; i < declaration.n_items; i++)
    for (size_t j = 0; j < sizeof kept / sizeof *kept; j++)
      if (strncasecmp(declaration.item[i], kept[j], strlen(kept[j])) == 0) {
        text_append_item(&out, "; ", declaration.item[i]);
        break;
      }
  text_list_free(&declaration);
  return text_take(&out);
}

// Numbers; anything else would stand in the way of a view made from the size.
static bool is_view(const char *value)
{
  return *value && !value[strspn(value, "0123456789+-.eE, \t\r\n")];
}

// The root's attributes: the element itself is opened by the page.
static void put_root(struct svg_reader *reader, const char *const *attribute)
{
  for (; *attribute; attribute += 2) {
    if (strcmp(attribute[0], "width") == 0)
      reader->width = read_length(attribute[1]);
    else if (strcmp(attribute[0], "height") == 0)
      reader->height = read_length(attribute[1]);
    else if (strcmp(attribute[0], "viewBox") == 0)
      reader->has_view = is_view(attribute[1]);
    // Relative lengths would be of the page.
    if ((strcmp(attribute[0], "width") == 0 || strcmp(attribute[0], "height") == 0) &&
        !(read_length(attribute[1]) > 0))
      continue;
    if (strcmp(attribute[0], "viewBox") == 0 && !reader->has_view)
      continue;
    if (strcmp(attribute[0], "style") == 0) {
      char *style = without_place(attribute[1]);
      if (*style)
        put_attribute(reader, "svg", "style", style);
      free(style);
      continue;
    }
    put_attribute(reader, "svg", attribute[0], attribute[1]);
  }
  if (!reader->has_view && reader->width > 0 && reader->height > 0) {
    char width[NUMBER_SIZE], height[NUMBER_SIZE];
    text_append_format(&reader->out, " viewBox=\"0 0 %s %s\"", number_write(width, reader->width),
                       number_write(height, reader->height));
  }
}

static void skip_unknown(struct svg_reader *reader, const char *name)
{
  static const char *const scripts[] = {"script",           "animate", "animateMotion",
                                        "animateTransform", "set",     "handler"};
  static const char *const silent[] = {"desc", "metadata"};
  reader->skipped = 1;
  if (!text_starts(name, SVG))
    return; // what a drawing program noted down
  name += strlen(SVG);
  for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
    if (strcmp(name, scripts[i]) == 0) {
      reader->n_scripts++;
      return;
    }
  for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
    if (strcmp(name, silent[i]) == 0)
      return;
  if (!text_list_has(&reader->unknown, name))
    text_list_add(&reader->unknown, name);
}

static int find_element(const char *name)
{
  if (!text_starts(name, SVG))
    return -1;
  for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
    if (strcmp(elements[i].name, name + strlen(SVG)) == 0)
      return (int) i;
  return -1;
}

// A picture or a copy of what is elsewhere.
static bool lacks_content(const char *element, const char *const *attribute)
{
  if (strcmp(element, "use") != 0 && strcmp(element, "image") != 0)
    return false;
  for (; *attribute; attribute += 2) {
    const char *name = attribute_name(attribute[0]);
    if (name && strcmp(name, "href") == 0 && reference_stays(element, attribute[1]))
      return false;
  }
  return true;
}

static bool is_link(const char *name)
{
  return strcmp(name, SVG "a") == 0;
}

static void start_root(struct svg_reader *reader, const char *name, const char **attribute)
{
  if (strcmp(name, SVG "svg") == 0) {
    put_root(reader, attribute);
    text_append_character(&reader->out, '>');
    return;
  }
  const char *plain = strrchr(name, '\n');
  char *message =
      text_format("no SVG picture: it begins with the element '%s'%s", plain ? plain + 1 : name,
                  strcmp(name, "svg") == 0 ? " without SVG's namespace" : "");
  fail(reader, message);
  free(message);
}

static void start_known(struct svg_reader *reader, const char *name, enum element_use use,
                        const char **attribute)
{
  if (lacks_content(name, attribute)) {
    reader->n_external++;
    reader->skipped = 1;
    return;
  }
  reader->in_style = use == STYLE;
  reader->in_title = use == TITLE;
  if (use == STYLE || use == TITLE)
    return;
  reader->n_drawn += use == DRAWS || use == TEXT ? 1 : 0;
  reader->n_text += use == TEXT ? 1 : 0;
  reader->has_reference = false;
  text_append_format(&reader->out, "<%s", name);
  for (; *attribute; attribute += 2)
    put_attribute(reader, name, attribute[0], attribute[1]);
  text_append_character(&reader->out, '>');
}

static void start_element(void *pointer, const char *name, const char **attribute)
{
  struct svg_reader *reader = pointer;
  if (++reader->depth > MOST_DEPTH) {
    fail(reader, "elements stand too deep in one another");
  } else if (reader->skipped) {
    reader->skipped++;
  } else if (reader->depth == 1) {
    start_root(reader, name, attribute);
  } else if (is_link(name)) {
    reader->n_external++; // what it holds stays
  } else {
    int found = find_element(name);
    bool title = found >= 0 && elements[found].use == TITLE;
    // A title is a tooltip but for the picture's own; an element within one or within a style
    // sheet would be read as HTML.
    if (title && (reader->depth > 2 || reader->in_title))
      reader->skipped = 1;
    else if (found < 0 || reader->in_style || reader->in_title)
      skip_unknown(reader, name);
    else
      start_known(reader, elements[found].name, elements[found].use, attribute);
  }
}

// "<rect></rect>" is "<rect/>".
static void close_element(struct text *out, const char *name, bool may_be_empty)
{
  if (may_be_empty && out->bytes[out->length - 1] == '>') {
    const char *open = memrchr(out->bytes, '<', out->length);
    size_t n = strlen(name);
    if (open && strncmp(open + 1, name, n) == 0 && (open[n + 1] == ' ' || open[n + 1] == '>')) {
      out->length--;
      out->bytes[out->length] = '\0';
      text_append(out, "/>\n");
      return;
    }
  }
  text_append_format(out, "</%s>\n", name);
}

static void end_element(void *pointer, const char *name)
{
  struct svg_reader *reader = pointer;
  if (reader->failed) // expat still ends an element without content
    return;
  reader->depth--;
  if (reader->skipped) {
    reader->skipped--;
    return;
  }
  if (reader->depth == 0) {
    text_append(&reader->out, "</svg>");
    return;
  }
  if (is_link(name))
    return;
  int found = find_element(name);
  enum element_use use = elements[found].use;
  if (use == STYLE) {
    append_style(reader);
    reader->in_style = false;
  } else if (use == TITLE) {
    reader->in_title = false;
  } else {
    reader->n_text -= use == TEXT ? 1 : 0;
    if (use == TEXT && reader->n_text > 0) // a line end would be a blank
      text_append_format(&reader->out, "</%s>", elements[found].name);
    else
      close_element(&reader->out, elements[found].name, use != TEXT);
  }
}

static void take_text(void *pointer, const char *text, int n)
{
  struct svg_reader *reader = pointer;
  if (reader->skipped || n <= 0)
    return;
  if (reader->in_style)
    text_append_bytes(&reader->style, text, (size_t) n);
  else if (reader->in_title)
    text_append_bytes(&reader->title, text, (size_t) n);
  else if (reader->n_text > 0)
    append_escaped(&reader->out, text, (size_t) n);
}

static void start_document_type(void *pointer, const char *name, const char *system_id,
                                const char *public_id, int has_internal_subset)
{
  (void) name, (void) system_id, (void) public_id;
  if (has_internal_subset)
    fail(pointer, "its document type declares entities, which are not read");
}

static void skip_entity(void *pointer, const char *name, int is_parameter_entity)
{
  (void) is_parameter_entity;
  char *message = text_format("the entity '&%s;' is not declared", name);
  fail(pointer, message);
  free(message);
}

// ---- the file ----

static bool parse(struct svg_reader *reader, const char *path, const struct text *content)
{
  XML_Parser parser = XML_ParserCreateNS(NULL, '\n');
  if (!parser)
    return error_set(reader->error, ERROR_DATA, "%s: expat cannot be started", path);
  reader->parser = parser;
  XML_SetUserData(parser, reader);
  XML_SetElementHandler(parser, start_element, end_element);
  XML_SetCharacterDataHandler(parser, take_text);
  XML_SetStartDoctypeDeclHandler(parser, start_document_type);
  XML_SetSkippedEntityHandler(parser, skip_entity);
  bool good = XML_Parse(parser, text_content(content), (int) content->length, 1) == XML_STATUS_OK;
  if (!good && !reader->failed)
    error_set(reader->error, ERROR_DATA, "not well-formed: %s",
              XML_ErrorString(XML_GetErrorCode(parser)));
  if (!good)
    error_prefix(reader->error, "%s:%lu", path, (unsigned long) XML_GetCurrentLineNumber(parser));
  XML_ParserFree(parser);
  return good;
}

static void warn_of_losses(struct page *page, const char *path, const struct svg_reader *reader)
{
  struct text lost = {0};
  const struct {
    size_t n;
    const char *what;
  } losses[] = {{reader->n_scripts, "scripts, handlers or animations"},
                {reader->n_external, "links or references to elsewhere"},
                {reader->n_rules, "rules of style sheets"}};
  for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
    if (losses[i].n > 0)
      text_append_format(&lost, "%s%zu %s", lost.length ? ", " : "", losses[i].n, losses[i].what);
  char *unknown = text_list_join(&reader->unknown, ", ");
  if (*unknown)
    text_append_format(&lost, "%selements %s", lost.length ? ", " : "", unknown);
  if (lost.length)
    page_warn(page, "%s: left out: %s", path, text_content(&lost));
  free(unknown);
  text_free(&lost);
}

bool page_read_figure(struct page *page, struct page_item *item, const char *prefix,
                      struct error *error)
{
  struct text content = {0};
  if (!file_read(item->path, &content, error))
    return false;
  struct svg_reader reader = {.prefix = prefix, .error = error};
  bool good = true;
  if (content.length > MOST_BYTES)
    good = error_set(error, ERROR_DATA, "%s: too large for a page (%zu MB; at most %d)", item->path,
                     content.length >> 20, MOST_BYTES >> 20);
  else
    good = parse(&reader, item->path, &content);
  if (good && reader.n_drawn == 0)
    good = error_set(error, ERROR_DATA, "%s: nothing is drawn in it", item->path);
  if (good) {
    char *title = format_clean_line(text_content(&reader.title));
    if (*title)
      item->title = memory_copy_text(title);
    free(title);
    item->width = reader.width;
    item->drawing = reader.out;
    reader.out = (struct text){0};
    warn_of_losses(page, item->path, &reader);
  }
  text_free(&reader.out);
  text_free(&reader.style);
  text_free(&reader.title);
  text_list_free(&reader.unknown);
  text_free(&content);
  return good;
}
