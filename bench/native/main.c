/*
 * The native side of the bench:
 *
 *   bench sink -p PORT [-a ADDRESS]            an SMTP server that takes everything and keeps nothing
 *   bench dns -p PORT -a ADDRESS -z FILE       a name server for the zone of the bench
 *   bench load -p PORT [options, see load.c]   load; prints one line of JSON
 *   bench idle -p PORT -c N -t SECONDS         holds N connections that have been greeted
 *   bench features                             what it has been built with
 */
#include "bench.h"
#include <signal.h>
#include <stdarg.h>
#include <time.h>

volatile int stopping;

double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

double cpu_used(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(2);
}

struct sockaddr_in loopback(const char *address, int port) {
  struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(port)};
  if (inet_pton(AF_INET, address, &where.sin_addr) != 1) die("not an IPv4 address: %s", address);
  if ((ntohl(where.sin_addr.s_addr) >> 24) != 127) die("refused: %s is not in 127.0.0.0/8", address);
  return where;
}

void raise_open_files(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int listen_on(const char *address, int port) {
  struct sockaddr_in where = loopback(address, port);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (void *)&where, sizeof where) || listen(fd, 4096)) die("cannot listen on port %d: %s", port, strerror(errno));
  return fd;
}

static void on_signal(int number) {
  (void)number;
  stopping = 1;
}

void stop_on_signals(void) {
  signal(SIGTERM, on_signal);
  signal(SIGINT, on_signal);
  signal(SIGPIPE, SIG_IGN);
}

void tell(int fd, const char *format, ...) {
  int peer = accept4(fd, 0, 0, SOCK_CLOEXEC);
  if (peer < 0) return;
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (write(peer, line, length) < 0) { /* who asked has left */ }
  close(peer);
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  argc--, argv++;
  raise_open_files();
  stop_on_signals();
  if (!strcmp(mode, "sink")) return sink_main(argc, argv);
  if (!strcmp(mode, "dns")) return dns_main(argc, argv);
  if (!strcmp(mode, "load")) return load_main(argc, argv, 0);
  if (!strcmp(mode, "idle")) return load_main(argc, argv, 1);
  if (!strcmp(mode, "features")) {
#ifdef WITH_TLS
    puts("tls");
#endif
    return 0;
  }
  die("usage: bench sink|dns|load|idle|features …");
}
