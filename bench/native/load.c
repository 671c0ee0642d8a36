/*
 * The load generator, and the holder of idle connections.
 *
 *   -p PORT -a ADDRESS  whom to load (127.0.0.0/8 only)
 *   -c N                connections at a time (10)
 *   -t SECONDS          begin no message later than that (3); at most 120
 *   -n N                at most so many messages (200000)
 *   -k N                messages on one connection, 0 = as many as fit (1)
 *   -f FILE             the message
 *   -R RATE             an open loop: so many messages a second, each timed from when it was due
 *   -x ADDRESS          begin with a PROXY header (version 1) of this client
 *   -X N -O N           … or of N clients in turn, the first of which is number O after that one
 *   -e                  a refusal is expected, at RCPT or before
 *   -s implicit|start   TLS from the first octet, or with STARTTLS
 *   -g SECONDS          how much longer what has begun may take (20)
 */
#include "load.h"
#include <math.h>
#include <time.h>

enum state { FREE, CONNECTING, HANDSHAKE, GREETING, EHLO, STARTTLS, MAIL, RCPT, DATA, BODY, DOT, QUIT, HELD };
static const char *state_names[] = {"free", "connect", "TLS", "greeting", "EHLO", "STARTTLS", "MAIL", "RCPT", "DATA", "message", "end of message", "QUIT", "held"};

struct connection {
  struct stream stream;
  enum state state;
  int length, waits_to_write, messages, secured, recipient;
  size_t sent;
  double due, dot_at, opened_at;
  char input[4096];
};

static struct {
  struct sockaddr_in target;
  struct content content;
  int connections, per_connection, clients, first_client, refused, idle;
  long most;
  double rate, seconds, grace;
  uint32_t client;
  const char *tls;
} ask = {.connections = 10, .per_connection = 1, .clients = 1, .most = 200000, .seconds = 3, .grace = 20};

static struct {
  long begun, done, errors, opened;
  uint64_t numbers, squares;
  double last;
  struct times whole, dot, greeting;
  char samples[3][160];
  int sample_count;
} seen;

static struct connection *connections;
static int *free_list, free_count, active, epoll, opened;
static double began;
static long arrivals;

static void fail(struct connection *c, const char *what, const char *text) {
  seen.errors++;
  if (seen.sample_count == 3) return;
  char *sample = seen.samples[seen.sample_count++];
  snprintf(sample, sizeof seen.samples[0], "%s at %s: %.90s", what, state_names[c->state], text);
  for (char *at = sample; *at; at++)
    if (*at == '"' || *at == '\\' || (unsigned char)*at < 32) *at = ' ';
}

static void watch(struct connection *c, int write, int operation) {
  struct epoll_event event = {.events = EPOLLIN | (write ? EPOLLOUT : 0), .data.ptr = c};
  epoll_ctl(epoll, operation, c->stream.fd, &event);
  c->waits_to_write = write;
}

/* A command is short: if it cannot be written whole, the connection is broken, and reading will say so. */
static void say(struct connection *c, enum state next, const char *text) {
  c->state = next;
  if (stream_write(&c->stream, text, strlen(text)) < 0) { /* surfaces when it is read */ }
}

static int is_over(double time) { return time - began >= ask.seconds; }
static int may_begin(void) { return seen.begun < ask.most && seen.errors < 2000 && !stopping; }

static void open_connection(struct connection *c) {
  int one = 1;
  *c = (struct connection){.stream.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), .state = CONNECTING, .due = c->due};
  if (c->stream.fd < 0) die("socket: %s", strerror(errno));
  setsockopt(c->stream.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  c->opened_at = now();
  if (connect(c->stream.fd, (void *)&ask.target, sizeof ask.target) && errno != EINPROGRESS) die("connect: %s", strerror(errno));
  watch(c, 1, EPOLL_CTL_ADD);
}

static void begin_message(struct connection *c, double due) {
  seen.begun++;
  c->due = due;
  if (c->state != FREE) return say(c, MAIL, "MAIL FROM:<s@bench-sender.com>\r\n");
  active++;
  open_connection(c);
}

static void end(struct connection *c) {
  stream_close(&c->stream);
  c->state = FREE;
  active--;
  double time = now();
  if (ask.rate > 0 || ask.idle) free_list[free_count++] = c - connections;
  else if (may_begin() && !is_over(time)) begin_message(c, time);
}

/* The header of a load balancer that says which client it speaks for. No address ends in 0 or 255. */
static void introduce(struct connection *c) {
  long number = ask.first_client + seen.opened++ % ask.clients;
  if (!ask.client) return;
  uint32_t a = ask.client + number / 254 * 256 + number % 254 + 1;
  char line[128];
  int n = snprintf(line, sizeof line, "PROXY TCP4 %u.%u.%u.%u 127.0.0.1 40000 25\r\n", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
  if (send(c->stream.fd, line, n, MSG_NOSIGNAL) < 0) { /* surfaces when it is read */ }
}

static void push_content(struct connection *c) {
  while (c->sent < ask.content.length) {
    ssize_t n = stream_write(&c->stream, ask.content.data + c->sent, ask.content.length - c->sent);
    if (n <= 0) {
      if (!c->waits_to_write) watch(c, 1, EPOLL_CTL_MOD);
      return;
    }
    c->sent += n;
  }
  if (c->waits_to_write) watch(c, 0, EPOLL_CTL_MOD);
  c->state = DOT;
  c->dot_at = now();
}

/* A transaction has come out as was expected. */
static void message_done(struct connection *c, double time) {
  add_time(&seen.whole, time - c->due);
  seen.done++;
  seen.last = time;
  c->messages++;
}

static int leave(struct connection *c) {
  say(c, QUIT, "QUIT\r\n");
  return 0;
}

static int accepted(struct connection *c) {
  double time = now();
  add_time(&seen.dot, time - c->dot_at);
  seen.numbers += c->recipient;
  seen.squares += (uint64_t)c->recipient * c->recipient;
  message_done(c, time);
  if (ask.rate > 0 || is_over(time) || !may_begin() || (ask.per_connection && c->messages >= ask.per_connection)) return leave(c);
  begin_message(c, time);
  return 0;
}

/* Hears a whole reply. Returns -1 when the connection is to end. */
static int on_reply(struct connection *c, int code, const char *text) {
  static const int expected[] = {[GREETING] = 220, [EHLO] = 250, [STARTTLS] = 220, [MAIL] = 250, [RCPT] = 250, [DATA] = 354, [DOT] = 250};
  char line[80];
  if (c->state == QUIT) return -1;
  if (ask.refused && code >= 500 && c->state <= RCPT) {
    message_done(c, now());
    return c->state == GREETING ? -1 : leave(c);
  }
  if (c->state >= sizeof expected / sizeof *expected || code != expected[c->state] || (ask.refused && c->state == DATA)) {
    fail(c, "reply", text);
    return -1;
  }
  switch (c->state) {
  case GREETING:
    add_time(&seen.greeting, now() - c->opened_at);
    say(c, EHLO, "EHLO mail.bench-sender.com\r\n");
    return 0;
  case EHLO:
    if (ask.tls && !c->secured) say(c, STARTTLS, "STARTTLS\r\n");
    else if (ask.idle) c->state = HELD, seen.done++;
    else say(c, MAIL, "MAIL FROM:<s@bench-sender.com>\r\n");
    return 0;
  case STARTTLS:
    stream_begin_tls(&c->stream);
    c->state = HANDSHAKE;
    return 0;
  case MAIL:
    c->recipient = seen.begun % 1000;
    snprintf(line, sizeof line, "RCPT TO:<u%d@bench-rcpt.com>\r\n", c->recipient);
    say(c, RCPT, line);
    return 0;
  case RCPT:
    say(c, DATA, "DATA\r\n");
    return 0;
  case DATA:
    c->state = BODY;
    c->sent = 0;
    push_content(c);
    return 0;
  default:
    return accepted(c);
  }
}

/* Hears the replies in what has been read. Returns -1 when the connection is to end. */
static int read_replies(struct connection *c) {
  char *at = c->input, *line_end;
  c->input[c->length] = 0;
  while (c->state != HANDSHAKE && (line_end = memchr(at, '\n', c->input + c->length - at))) {
    *line_end = 0;
    if (line_end - at >= 3 && at[3] != '-' && on_reply(c, atoi(at), at)) return -1;
    at = line_end + 1;
  }
  c->length -= at - c->input;
  memmove(c->input, at, c->length);
  return 0;
}

/* Returns whether there is more to do. */
static int shake_hands(struct connection *c) {
  int done = stream_handshake(&c->stream);
  if (done < 0) {
    fail(c, "handshake", "");
    end(c);
  }
  if (done <= 0) return 0;
  c->secured = 1;
  if (*ask.tls == 's') say(c, EHLO, "EHLO mail.bench-sender.com\r\n");
  else c->state = GREETING;
  return 1;
}

static void hear(struct connection *c) {
  for (;;) {
    if (c->state == HANDSHAKE && !shake_hands(c)) return;
    ssize_t n = stream_read(&c->stream, c->input + c->length, sizeof c->input - 1 - c->length);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n > 0) {
      c->length += n;
      if (!read_replies(c) && c->length < (int)sizeof c->input - 1) continue;
    } else if (c->state != QUIT) {
      if (c->state == HELD) seen.done--;
      fail(c, "end", n ? strerror(errno) : "closed");
    }
    return end(c);
  }
}

static int connected(struct connection *c) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(c->stream.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) {
    fail(c, "cannot", strerror(error));
    end(c);
    return 0;
  }
  watch(c, 0, EPOLL_CTL_MOD);
  introduce(c);
  c->state = GREETING;
  if (ask.tls && *ask.tls == 'i') {
    stream_begin_tls(&c->stream);
    c->state = HANDSHAKE;
  }
  return 1;
}

static void on_event(struct connection *c, uint32_t events) {
  if (c->stream.fd < 0) return;
  if (c->state == CONNECTING && !connected(c)) return;
  if ((events & EPOLLOUT) && c->state == BODY) push_content(c);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || c->state == HANDSHAKE) hear(c);
}

/* Begins what is due in an open loop; returns how many seconds there is nothing to begin. */
static double begin_due(double time) {
  while (may_begin() && !is_over(time) && free_count && began + arrivals / ask.rate <= time)
    begin_message(&connections[free_list[--free_count]], began + arrivals++ / ask.rate);
  double wait = began + arrivals / ask.rate - time;
  return !free_count || wait > 0.05 ? 0.05 : fmax(wait, 0);
}

/* Opens idle connections, no more than 128 of them at once; returns whether all are held and the time is over. */
static int hold(double time) {
  static double complete;
  for (long pending = opened - seen.done - seen.errors; opened < ask.connections && pending < 128; pending++) {
    active++;
    open_connection(&connections[opened++]);
  }
  if (!complete && seen.done + seen.errors >= ask.connections) {
    complete = time;
    fprintf(stderr, "held %ld\n", seen.done);
  }
  return (complete && time - complete > ask.seconds) || time - began > 60 + ask.seconds || stopping;
}

static void run(void) {
  struct epoll_event events[512];
  began = seen.last = now();
  if (ask.rate == 0 && !ask.idle)
    for (int i = 0; i < ask.connections && may_begin(); i++) begin_message(&connections[i], began);
  for (;;) {
    double time = now(), wait = 0.05;
    if (ask.idle ? hold(time) : time - began > ask.seconds + ask.grace) break;
    if (ask.rate > 0) wait = begin_due(time);
    if (!ask.idle && !active && (is_over(time) || !may_begin())) break;
    struct timespec pause = {0, wait * 1e9};
    int n = epoll_pwait2(epoll, events, 512, &pause, 0);
    for (int i = 0; i < n; i++) on_event(events[i].data.ptr, events[i].events);
  }
}

static void print_result(void) {
  long unfinished = 0;
  for (int i = 0; i < ask.connections; i++) unfinished += connections[i].state != FREE && connections[i].state < QUIT;
  double seconds = seen.last - began;
  printf("{\"messages\":%ld,\"seconds\":%.4f,\"rate\":%.3f,\"bodyBytes\":%zu,\"numbers\":%lu,\"squares\":%lu,\"errors\":%ld,\"unfinished\":%ld,\"connections\":%ld,",
         seen.done, seconds, seconds > 0 ? seen.done / seconds : 0, ask.content.body, seen.numbers, seen.squares, seen.errors, unfinished, seen.opened);
  if (ask.rate > 0) printf("\"notBegun\":%ld,", (long)(ask.seconds * ask.rate) - arrivals);
  print_times("latency", &seen.whole);
  putchar(',');
  print_times("dot", &seen.dot);
  putchar(',');
  print_times("greeting", &seen.greeting);
  printf(",\"cpu\":%.4f,\"samples\":[", cpu_used());
  for (int i = 0; i < seen.sample_count; i++) printf("%s\"%s\"", i ? "," : "", seen.samples[i]);
  puts("]}");
}

static void read_options(int argc, char **argv) {
  const char *address = "127.0.0.1", *file = 0;
  int port = 0, option;
  while ((option = getopt(argc, argv, "a:p:c:t:n:k:f:R:x:X:O:es:g:")) != -1) switch (option) {
    case 'a': address = optarg; break;
    case 'p': port = atoi(optarg); break;
    case 'c': ask.connections = atoi(optarg); break;
    case 't': ask.seconds = fmin(atof(optarg), 120); break;
    case 'n': ask.most = atol(optarg); break;
    case 'k': ask.per_connection = atoi(optarg); break;
    case 'f': file = optarg; break;
    case 'R': ask.rate = atof(optarg); break;
    case 'x': ask.client = ntohl(inet_addr(optarg)); break;
    case 'X': ask.clients = atoi(optarg); break;
    case 'O': ask.first_client = atoi(optarg); break;
    case 'e': ask.refused = 1; break;
    case 's': ask.tls = optarg; break;
    case 'g': ask.grace = atof(optarg); break;
    default: die("unknown option");
  }
  if (ask.connections < 1 || ask.connections > 19000) die("-c is out of bounds");
  ask.target = loopback(address, port);
  if (file) ask.content = read_content(file);
  else if (!ask.idle) die("-f FILE is needed");
}

int load_main(int argc, char **argv, int idle) {
  ask.idle = idle;
  read_options(argc, argv);
  epoll = epoll_create1(0);
  connections = calloc(ask.connections, sizeof *connections);
  free_list = calloc(ask.connections, sizeof *free_list);
  for (int i = 0; i < ask.connections; i++) {
    connections[i].stream.fd = -1;
    free_list[free_count++] = ask.connections - 1 - i;
  }
  run();
  print_result();
  return 0;
}
