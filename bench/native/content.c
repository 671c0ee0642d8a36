#include "load.h"

static char *read_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (!file) die("%s: %s", path, strerror(errno));
  fseek(file, 0, SEEK_END);
  *length = ftell(file);
  rewind(file);
  char *data = malloc(*length + 1);
  if (fread(data, 1, *length, file) != *length) die("cannot read %s", path);
  fclose(file);
  return data;
}

/* Any line ends will do in the file. */
struct content read_content(const char *path) {
  size_t n;
  char *source = read_file(path, &n);
  struct content content = {.data = malloc(2 * n + 16)};
  char *to = content.data;
  int line_begins = 1;
  for (size_t i = 0; i < n; i++) {
    if (source[i] == '\r') continue;
    if (line_begins && source[i] == '.') *to++ = '.';
    line_begins = source[i] == '\n';
    if (line_begins) *to++ = '\r';
    *to++ = source[i];
  }
  if (!line_begins) to = (char *)memcpy(to, "\r\n", 2) + 2;
  char *body = memmem(content.data, to - content.data, "\r\n\r\n", 4);
  content.body = body ? to - body - 4 : 0;
  memcpy(to, ".\r\n", 3);
  content.length = to + 3 - content.data;
  free(source);
  return content;
}
