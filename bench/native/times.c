#include "load.h"

void add_time(struct times *times, double seconds) {
  if (times->count == times->room) {
    times->room = times->room ? 2 * times->room : 65536;
    times->values = realloc(times->values, times->room * sizeof *times->values);
  }
  times->values[times->count++] = seconds;
}

static int compare(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static double percentile(const struct times *times, double share) {
  return 1e3 * times->values[(size_t)((times->count - 1) * share)];
}

void print_times(const char *name, struct times *times) {
  if (!times->count) {
    printf("\"%s\":null", name);
    return;
  }
  qsort(times->values, times->count, sizeof *times->values, compare);
  double sum = 0;
  for (size_t i = 0; i < times->count; i++) sum += times->values[i];
  printf("\"%s\":{\"mean\":%.3f,\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"most\":%.3f}", name, 1e3 * sum / times->count,
         percentile(times, .5), percentile(times, .95), percentile(times, .99), percentile(times, 1));
}
