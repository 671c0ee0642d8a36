/* What the parts of the load generator share. */
#ifndef LOAD_H
#define LOAD_H

#include "bench.h"

/* One side of a connection, in the clear or with TLS. */
struct stream {
  int fd;
  void *tls;
};
/* How much was written or read; 0 at the end of the connection, -1 with errno EAGAIN when it has to wait. */
ssize_t stream_write(struct stream *s, const void *data, size_t length);
ssize_t stream_read(struct stream *s, void *data, size_t length);
void stream_close(struct stream *s);
/* Begins TLS without asking for a certificate that anybody vouches for; handshake: 1 done, 0 has to wait, -1 failed. */
void stream_begin_tls(struct stream *s);
int stream_handshake(struct stream *s);

/* A message as it is sent: with CRLF, dots doubled, and the final dot. */
struct content {
  char *data;
  size_t length;
  /* Of its body, without the final dot: what must reach the sink. */
  size_t body;
};
struct content read_content(const char *path);

/* Times in seconds. */
struct times {
  float *values;
  size_t count, room;
};
void add_time(struct times *times, double seconds);
/* Writes them as JSON: their mean and percentiles, in milliseconds. */
void print_times(const char *name, struct times *times);

#endif
