// SPDX-License-Identifier: GPL-3.0-or-later
// Whole reading, gzip, atomic writing, digests.
#include <config.h>

#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/digest.h"
#include "tap.h"

static char directory[] = "test_file.XXXXXX";

static void write_gzip(const char *path, const char *mode, const char *content)
{
  gzFile file = gzopen(path, mode);
  gzputs(file, content);
  gzclose(file);
}

static void test_reading(void)
{
  struct text content = {0};
  struct error error = {0};
  ok(!file_read("absent.csv", &content, &error), "a file that is not there");
  is_text(error.message, "absent.csv: No such file or directory", "and its message");
  ok(!file_read(".", &content, &error), "a directory");
  file_write("plain", "a,b\n", 4, &error);
  ok(file_read("plain", &content, &error) && strcmp(content.bytes, "a,b\n") == 0, "plain text");
  file_write("empty", "", 0, &error);
  ok(file_read("empty", &content, &error) && content.length == 0, "an empty file");

  char *large = malloc(5000001);
  for (int i = 0; i < 5000000; i++)
    large[i] = (char) ('0' + i * 7 % 10);
  large[5000000] = '\0';
  write_gzip("one.gz", "wb", large);
  write_gzip("one.gz", "ab", "second member\n");
  ok(file_read("one.gz", &content, &error) && content.length == 5000014 &&
         memcmp(content.bytes, large, 5000000) == 0 &&
         strcmp(content.bytes + 5000000, "second member\n") == 0,
     "gzip with two members");
  free(large);

  file_read("plain", &content, &error);
  write_gzip("short.gz", "wb", "some text that will be cut\n");
  ok(truncate("short.gz", 20) == 0 && !file_read("short.gz", &content, &error), "gzip cut short");
  is_text(error.message, "short.gz: the gzip data are cut short", "and its message");
  ok(!content.bytes, "nothing is kept of it");
  FILE *file = fopen("short.gz", "wb");
  fputs("\x1f\x8b garbage that is no gzip", file);
  fclose(file);
  ok(!file_read("short.gz", &content, &error), "gzip that is none");
  is_text(error.message, "short.gz: the gzip data are damaged", "and its message");
  text_free(&content);
}

// Large files are read in pieces side by side.
static void test_large(void)
{
  enum { LENGTH = 21 << 20 };
  struct text content = {0};
  struct error error = {0};
  char *large = malloc(LENGTH);
  for (size_t i = 0; i < LENGTH; i++)
    large[i] = (char) ('a' + (i * 2654435761u >> 20) % 26);
  static const size_t lengths[] = {8 << 20, (8 << 20) + 1, 10 << 20, (12 << 20) - 1, LENGTH};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    file_write("large", large, lengths[i], &error);
    ok(file_read("large", &content, &error) && content.length == lengths[i] &&
           memcmp(content.bytes, large, lengths[i]) == 0 && content.bytes[lengths[i]] == '\0',
       "%zu bytes", lengths[i]);
  }
  FILE *held = freopen("large", "rb", stdin);
  ok(held && lseek(STDIN_FILENO, 3000001, SEEK_SET) == 3000001 &&
         file_read(NULL, &content, &error) && content.length == LENGTH - 3000001 &&
         memcmp(content.bytes, large + 3000001, content.length) == 0,
     "standard input from where it stands");
  ok(file_read("-", &content, &error) && content.length == 0, "and then it stands at the end");
  unlink("large");
  free(large);
  text_free(&content);
}

static void test_writing(void)
{
  struct error error = {0};
  struct text content = {0};
  struct output_file output;
  file_write("target", "old", 3, &error);
  chmod("target", 0640);
  ok(output_open(&output, "target", &error), "opened for writing");
  fputs("new", output.stream);
  fflush(output.stream);
  file_read("target", &content, &error);
  is_text(content.bytes, "old", "until the commit the old content stands");
  ok(output_commit(&output, &error), "committed");
  file_read("target", &content, &error);
  is_text(content.bytes, "new", "then the new one");
  struct stat status;
  stat("target", &status);
  is_integer(status.st_mode & 0777, 0640, "the mode is kept");

  output_open(&output, "target", &error);
  fputs("discarded", output.stream);
  output_discard(&output);
  file_read("target", &content, &error);
  is_text(content.bytes, "new", "discarding changes nothing");

  ok(symlink("target", "link") == 0 && file_write("link", "via link", 8, &error),
     "writing through a symbolic link");
  lstat("link", &status);
  ok(S_ISLNK(status.st_mode), "the link stays a link");
  file_read("target", &content, &error);
  is_text(content.bytes, "via link", "its target has the content");

  ok(!file_write("no/such/dir", "x", 1, &error), "a folder that is not there");
  is_text(error.message, "no/such/dir: cannot be written: No such file or directory",
          "and its message");
  ok(!file_write(".", "x", 1, &error), "a directory cannot be written");
  if (access("/dev/full", W_OK) == 0) {
    ok(!file_write("/dev/full", "x", 1, &error), "a full disk is noticed");
    is_text(error.message, "/dev/full: cannot be written: No space left on device",
            "and its message");
    stat("/dev/full", &status);
    ok(S_ISCHR(status.st_mode), "the device is still there");
  }
  text_free(&content);
}

// Data sets that are not here are those of $HER2_DATADIR.
static void test_finding(void)
{
  struct text content = {0};
  struct error error = {0};
  mkdir("installed", 0777);
  mkdir("installed/datasets", 0777);
  file_write("installed/datasets/a.csv", "installed", 9, &error);
  setenv("HER2_DATADIR", "installed", 1);
  ok(file_read("datasets/a.csv", &content, &error) &&
         strcmp(content.bytes, "installed") == 0, "a data set is found where it is installed");
  mkdir("datasets", 0777);
  file_write("datasets/a.csv", "here", 4, &error);
  ok(file_read("datasets/a.csv", &content, &error) && strcmp(content.bytes, "here") == 0,
     "but one that is here goes before it");
  ok(!file_read("datasets/b.csv", &content, &error), "one that is nowhere");
  is_text(error.message, "datasets/b.csv: No such file or directory", "is told by its name");
  ok(!file_read("installed/a.csv", &content, &error), "other names are not looked for");
  unsetenv("HER2_DATADIR");
  char *found = file_find("datasets/no-such-data.csv");
  ok(*found == '/' && strstr(found, "/datasets/no-such-data.csv"),
     "without $HER2_DATADIR by an absolute path");
  free(found);
  unlink("datasets/a.csv");
  unlink("installed/datasets/a.csv");
  rmdir("datasets");
  rmdir("installed/datasets");
  rmdir("installed");
  text_free(&content);
}

static void test_digests(void)
{
  // FIPS 180-4 examples.
  char hex[65];
  digest_bytes("abc", 3, hex);
  is_text(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "SHA-256 of abc");
  digest_bytes("", 0, hex);
  is_text(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
          "SHA-256 of nothing");
  struct digest digest;
  digest_begin(&digest);
  digest_add(&digest, "a", 1);
  digest_add(&digest, "bc", 2);
  digest_end(&digest, hex);
  is_text(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "in pieces");
}

int main(void)
{
  if (!mkdtemp(directory) || chdir(directory) != 0)
    return 99;
  test_reading();
  test_large();
  test_writing();
  test_finding();
  test_digests();
  static const char *const made[] = {"plain", "empty", "one.gz", "short.gz", "target", "link"};
  for (size_t i = 0; i < sizeof made / sizeof *made; i++)
    unlink(made[i]);
  ok(chdir("..") == 0 && rmdir(directory) == 0, "no temporary file was left behind");
  return tap_done();
}
