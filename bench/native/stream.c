#include "load.h"

#ifdef WITH_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>

static SSL_CTX *context;

/* OpenSSL's outcome in the terms of a socket. */
static ssize_t outcome(SSL *tls, int n) {
  if (n > 0) return n;
  int why = SSL_get_error(tls, n);
  ERR_clear_error();
  if (why == SSL_ERROR_ZERO_RETURN) return 0;
  errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
  return -1;
}

void stream_begin_tls(struct stream *s) {
  if (!context) {
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
  /* Without a session of an earlier connection: each handshake is a whole one, as it is with strangers. */
  s->tls = SSL_new(context);
  SSL_set_fd(s->tls, s->fd);
}

int stream_handshake(struct stream *s) {
  ssize_t n = outcome(s->tls, SSL_connect(s->tls));
  return n > 0 ? 1 : n < 0 && errno == EAGAIN ? 0 : -1;
}

ssize_t stream_write(struct stream *s, const void *data, size_t length) {
  return s->tls ? outcome(s->tls, SSL_write(s->tls, data, length)) : send(s->fd, data, length, MSG_NOSIGNAL);
}

ssize_t stream_read(struct stream *s, void *data, size_t length) {
  return s->tls ? outcome(s->tls, SSL_read(s->tls, data, length)) : recv(s->fd, data, length, 0);
}

void stream_close(struct stream *s) {
  if (s->tls) SSL_free(s->tls);
  if (s->fd >= 0) close(s->fd);
  *s = (struct stream){.fd = -1};
}
#else
void stream_begin_tls(struct stream *s) {
  (void)s;
  die("built without TLS");
}

int stream_handshake(struct stream *s) {
  (void)s;
  return -1;
}

ssize_t stream_write(struct stream *s, const void *data, size_t length) { return send(s->fd, data, length, MSG_NOSIGNAL); }

ssize_t stream_read(struct stream *s, void *data, size_t length) { return recv(s->fd, data, length, 0); }

void stream_close(struct stream *s) {
  if (s->fd >= 0) close(s->fd);
  *s = (struct stream){.fd = -1};
}
#endif
