/*
 * The sink: the next hop of everything that is measured. It takes all mail and keeps none, but counts what tells whether
 * a relay has lost, doubled or changed something: messages, the octets of their bodies, and the sum of the numbers in
 * their recipients' names (u7@… counts 7) and of the squares of these.
 */
#include "bench.h"

#define CHUNK (256 * 1024)
#define TAIL 4
#define END_OF_HEADER "\r\n\r\n"
#define END_OF_DATA "\r\n.\r\n"

struct client {
  int fd;
  enum { COMMANDS, HEADER, BODY } state;
  /* The last octets of what has been read of a message: an end may be split over two packets. */
  char tail[TAIL];
  int tail_length;
  uint64_t body, number;
  int length;
  char line[1100];
};

static struct {
  uint64_t messages, body, numbers, squares, connections, open, most_open;
} count;

static void remember(struct client *c, const char *data, size_t n) {
  char joined[2 * TAIL];
  size_t take = n < TAIL ? n : TAIL, total = c->tail_length + take;
  memcpy(joined, c->tail, c->tail_length);
  memcpy(joined + c->tail_length, data + n - take, take);
  c->tail_length = total < TAIL ? total : TAIL;
  memcpy(c->tail, joined + total - c->tail_length, c->tail_length);
}

/* How many octets of data there are up to the end of the first mark, which may begin in the tail; 0 when there is none. */
static size_t up_to(const struct client *c, const char *data, size_t n, const char *mark) {
  size_t length = strlen(mark), take = n < length ? n : length;
  char joined[TAIL + 8];
  memcpy(joined, c->tail, c->tail_length);
  memcpy(joined + c->tail_length, data, take);
  char *found = memmem(joined, c->tail_length + take, mark, length);
  /* One that ended before data did so in an earlier call. */
  if (found && found + length > joined + c->tail_length) return found - joined + length - c->tail_length;
  found = memmem(data, n, mark, length);
  return found ? found - data + length : 0;
}

static void message_done(struct client *c) {
  count.messages++;
  count.body += c->body;
  count.numbers += c->number;
  count.squares += c->number * c->number;
  c->state = COMMANDS;
  c->length = 0;
}

/* Reads what belongs to a message; returns how much that was. */
static size_t read_message(struct client *c, const char *data, size_t n) {
  size_t used = up_to(c, data, n, c->state == HEADER ? END_OF_HEADER : END_OF_DATA);
  size_t taken = used ? used : n;
  if (c->state == BODY) c->body += taken;
  remember(c, data, taken);
  if (used && c->state == HEADER) c->state = BODY;
  else if (used) {
    c->body -= 3; /* the dot and its line end */
    message_done(c);
  }
  return taken;
}

static const char *answer(struct client *c) {
  if (!strncasecmp(c->line, "EHLO", 4)) return "250-sink.bench\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n";
  if (!strncasecmp(c->line, "QUIT", 4)) return "221 2.0.0 Bye\r\n";
  if (!strncasecmp(c->line, "MAIL", 4)) c->number = c->body = 0;
  if (!strncasecmp(c->line, "RCPT", 4)) {
    const char *name = strchr(c->line, '<');
    if (name) c->number += strtoul(name + 2, 0, 10);
  }
  if (strncasecmp(c->line, "DATA", 4)) return "250 2.0.0 Ok\r\n";
  c->state = HEADER;
  c->tail_length = 2;
  memcpy(c->tail, "\r\n", 2);
  return "354 Go\r\n";
}

/* Takes n octets; returns 0, or -1 when the connection is at its end. */
static int take(struct client *c, const char *data, size_t n) {
  char out[16 * 1024];
  size_t length = 0;
  int quit = 0;
  while (n && !quit) {
    const char *reply = 0;
    size_t used;
    if (c->state != COMMANDS) {
      used = read_message(c, data, n);
      if (c->state == COMMANDS) reply = "250 2.0.0 Ok: sunk\r\n";
    } else {
      const char *end = memchr(data, '\n', n);
      used = end ? (size_t)(end - data) + 1 : n;
      if (c->length + used >= sizeof c->line) return -1;
      memcpy(c->line + c->length, data, used);
      c->length += used;
      if (end) {
        c->line[c->length] = 0;
        c->length = 0;
        reply = answer(c);
        quit = reply[0] == '2' && reply[1] == '2';
      }
    }
    data += used;
    n -= used;
    if (!reply) continue;
    size_t size = strlen(reply);
    if (length + size > sizeof out) return -1;
    memcpy(out + length, reply, size);
    length += size;
  }
  if (length && send(c->fd, out, length, MSG_NOSIGNAL) < 0) return -1;
  return quit ? -1 : 0;
}

static void welcome(int listener, int epoll) {
  for (int i = 0; i < 64; i++) {
    int fd = accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct client *c = calloc(1, sizeof *c);
    c->fd = fd;
    count.connections++;
    if (++count.open > count.most_open) count.most_open = count.open;
    static const char greeting[] = "220 sink.bench ESMTP\r\n";
    if (send(fd, greeting, sizeof greeting - 1, MSG_NOSIGNAL) < 0) { /* surfaces when it is read */ }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

static void hear(struct client *c, char *chunk) {
  ssize_t n = recv(c->fd, chunk, CHUNK, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n > 0 && !take(c, chunk, n)) return;
  close(c->fd);
  free(c);
  count.open--;
}

int sink_main(int argc, char **argv) {
  const char *address = "127.0.0.1";
  int port = 0, option;
  while ((option = getopt(argc, argv, "a:p:")) != -1) {
    if (option == 'a') address = optarg;
    else if (option == 'p') port = atoi(optarg);
    else die("unknown option");
  }
  char *chunk = malloc(CHUNK);
  int mail = listen_on(address, port), counts = listen_on(address, port + 1), epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &mail}, events[512];
  epoll_ctl(epoll, EPOLL_CTL_ADD, mail, &event);
  event.data.ptr = &counts;
  epoll_ctl(epoll, EPOLL_CTL_ADD, counts, &event);
  while (!stopping) {
    int n = epoll_wait(epoll, events, 512, 1000);
    for (int i = 0; i < n; i++) {
      void *what = events[i].data.ptr;
      if (what == &mail) welcome(mail, epoll);
      else if (what == &counts)
        tell(counts, "{\"messages\":%lu,\"body\":%lu,\"numbers\":%lu,\"squares\":%lu,\"connections\":%lu,\"mostOpen\":%lu,\"cpu\":%.4f}\n",
             count.messages, count.body, count.numbers, count.squares, count.connections, count.most_open, cpu_used());
      else hear(what, chunk);
    }
  }
  return 0;
}
