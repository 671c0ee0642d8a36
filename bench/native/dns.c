/*
 * The name server of the bench, over UDP. It answers from a file with one record a line,
 *
 *   bench-sender.com TXT v=spf1 ip4:45.64.0.0/10 -all
 *   list.example LIST 127.0.0.2 45.66.0.0/16
 *
 * where LIST makes a blocklist of addresses (RFC 5782) that lists a network, its own test entry, and nothing else. Every
 * client address a.b.c.d has a name, c-a-b-c-d.bench-sender.com, which has that address: there are more clients than
 * any cache holds, and no file must name them.
 */
#include "bench.h"
#include <ctype.h>
#include <poll.h>

#define CLIENTS ".bench-sender.com"
#define BATCH 64
#define LARGEST 1232 /* no answer is larger, so none is cut */
#define BUCKETS 1024
#define TTL 86400

enum { A = 1, NS = 2, SOA = 6, PTR = 12, MX = 15, TXT = 16, OPT = 41 };

struct record {
  struct record *next;
  char name[256];
  int type, length;
  uint8_t data[1024];
};
static struct record *table[BUCKETS];
static struct list {
  char zone[256];
  uint8_t code[4];
  uint32_t network, mask;
} lists[32];
static int list_count;
static uint64_t questions;

static unsigned hash(const char *name) {
  unsigned h = 5381;
  while (*name) h = h * 33 ^ (uint8_t)*name++;
  return h % BUCKETS;
}

/* Writes a name in its wire form (RFC 1035, 3.1); returns its length. */
static int write_name(uint8_t *to, const char *name) {
  uint8_t *at = to;
  while (*name) {
    size_t label = strcspn(name, ".");
    *at++ = label;
    memcpy(at, name, label);
    at += label;
    name += label + (name[label] == '.');
  }
  *at++ = 0;
  return at - to;
}

static int write_text(uint8_t *to, const char *text) {
  int total = 0;
  for (size_t left = strlen(text); left;) {
    size_t piece = left < 255 ? left : 255;
    to[total++] = piece;
    memcpy(to + total, text, piece);
    total += piece;
    text += piece;
    left -= piece;
  }
  return total;
}

static void add_list(const char *zone, const char *value) {
  char code[32], network[32];
  int bits;
  if (list_count == 32 || sscanf(value, "%31s %31[0-9.]/%d", code, network, &bits) != 3) die("bad list: %s", zone);
  struct list *list = &lists[list_count++];
  struct in_addr address;
  snprintf(list->zone, sizeof list->zone, "%s", zone);
  if (!inet_aton(code, &address)) die("bad code: %s", code);
  memcpy(list->code, &address, 4);
  if (!inet_aton(network, &address)) die("bad network: %s", network);
  list->mask = bits ? ~0u << (32 - bits) : 0;
  list->network = ntohl(address.s_addr) & list->mask;
}

static void add_record(const char *name, const char *type, const char *value) {
  if (!strcmp(type, "LIST")) return add_list(name, value);
  struct record *record = calloc(1, sizeof *record);
  snprintf(record->name, sizeof record->name, "%s", name);
  if (!strcmp(type, "A")) record->type = A, record->length = inet_pton(AF_INET, value, record->data) * 4;
  else if (!strcmp(type, "TXT")) record->type = TXT, record->length = write_text(record->data, value);
  else if (!strcmp(type, "NS")) record->type = NS, record->length = write_name(record->data, value);
  else if (!strcmp(type, "MX")) record->type = MX, record->length = 2 + write_name(record->data + 2, value), record->data[1] = 10;
  else die("no such type: %s", type);
  record->next = table[hash(name)];
  table[hash(name)] = record;
}

static void read_zone(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) die("%s: %s", path, strerror(errno));
  char line[2048], name[256], type[16];
  int at;
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\r\n")] = 0;
    if (sscanf(line, "%255s %15s %n", name, type, &at) == 2) add_record(name, type, line + at);
  }
  fclose(file);
}

struct answer {
  uint8_t *start, *at, *question_end;
  int answers, exists;
};

static void put16(uint8_t *to, int value) {
  to[0] = value >> 8;
  to[1] = value;
}

/* A record whose owner is the name in the question. */
static void put_record(struct answer *answer, int type, const void *data, int length) {
  uint8_t *at = answer->at;
  if (at + 12 + length > answer->start + LARGEST) return;
  put16(at, 0xc00c);
  put16(at + 2, type);
  put16(at + 4, 1);
  put16(at + 6, TTL >> 16);
  put16(at + 8, TTL & 0xffff);
  put16(at + 10, length);
  memcpy(at + 12, data, length);
  answer->at += 12 + length;
  answer->answers++;
}

/* Reads d.c.b.a in front of a suffix as the address a.b.c.d. */
static int reversed(const char *name, uint32_t *address) {
  unsigned a, b, c, d;
  int length = -1;
  if (sscanf(name, "%u.%u.%u.%u%n", &d, &c, &b, &a, &length) != 4 || (a | b | c | d) > 255) return -1;
  *address = a << 24 | b << 16 | c << 8 | d;
  return length;
}

static void find_in_lists(struct answer *answer, const char *name, int type) {
  uint32_t address;
  int length = reversed(name, &address);
  if (length < 0 || name[length] != '.') return;
  for (int i = 0; i < list_count; i++) {
    struct list *list = &lists[i];
    if (strcmp(name + length + 1, list->zone)) continue;
    if (address != 0x7f000002 && (address & list->mask) != list->network) continue;
    answer->exists = 1;
    if (type == A) put_record(answer, A, list->code, 4);
  }
}

static void find_client(struct answer *answer, const char *name, int type) {
  uint32_t address;
  int length = reversed(name, &address);
  if (length > 0 && !strcmp(name + length, ".in-addr.arpa")) {
    char owner[64];
    uint8_t data[80];
    snprintf(owner, sizeof owner, "c-%u-%u-%u-%u" CLIENTS, address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
    answer->exists = 1;
    if (type == PTR) put_record(answer, PTR, data, write_name(data, owner));
  }
  unsigned a, b, c, d;
  length = -1;
  if (sscanf(name, "c-%u-%u-%u-%u%n", &a, &b, &c, &d, &length) == 4 && length > 0 && !strcmp(name + length, CLIENTS)) {
    uint8_t data[4] = {a, b, c, d};
    answer->exists = 1;
    if (type == A) put_record(answer, A, data, 4);
  }
}

static void find(struct answer *answer, const char *name, int type) {
  for (struct record *record = table[hash(name)]; record; record = record->next) {
    if (strcmp(record->name, name)) continue;
    answer->exists = 1;
    if (record->type == type) put_record(answer, type, record->data, record->length);
  }
  if (!answer->exists) find_in_lists(answer, name, type);
  if (!answer->exists) find_client(answer, name, type);
}

/* RFC 2308: an answer without records says by the SOA of the zone, here the root's, how long that holds. */
static int put_soa(uint8_t *at) {
  static const uint8_t soa[] = {0, 0, SOA, 0, 1, 0, 1, 0x51, 0x80, 0, 22, 0, 0, 0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 3, 132, 0, 9, 58, 128, 0, 1, 0x51, 0x80};
  memcpy(at, soa, sizeof soa);
  return sizeof soa;
}

/* Reads the name of a question; returns where it ends, or 0. */
static const uint8_t *read_question(const uint8_t *at, const uint8_t *end, char *name) {
  char *to = name;
  while (at < end && *at) {
    int label = *at++;
    if (label > 63 || at + label >= end || to + label + 1 - name > 254) return 0;
    if (to > name) *to++ = '.';
    for (int i = 0; i < label; i++) *to++ = tolower(at[i]);
    at += label;
  }
  *to = 0;
  return at + 5 <= end ? at + 5 : 0;
}

/* Answers the question in the n octets at `from`; returns the length of the answer, 0 for what is no question. */
static int respond(const uint8_t *from, int n, uint8_t *to) {
  char name[256];
  if (n < 17 || from[2] & 0x80) return 0;
  const uint8_t *end = read_question(from + 12, from + n, name);
  if (!end) return 0;
  int length = end - from, has_options = from[11];
  memcpy(to, from, length);
  struct answer answer = {.start = to, .at = to + length};
  questions++;
  find(&answer, name, end[-4] << 8 | end[-3]);
  to[2] = 0x84 | (from[2] & 1);
  to[3] = 0x80 | (answer.exists ? 0 : 3);
  put16(to + 6, answer.answers);
  put16(to + 8, !answer.answers);
  put16(to + 10, !!has_options);
  if (!answer.answers) answer.at += put_soa(answer.at);
  if (has_options) {
    static const uint8_t options[] = {0, 0, OPT, LARGEST >> 8, LARGEST & 255, 0, 0, 0, 0, 0, 0};
    memcpy(answer.at, options, sizeof options);
    answer.at += sizeof options;
  }
  return answer.at - to;
}

static void serve(int fd) {
  static uint8_t in[BATCH][LARGEST], out[BATCH][LARGEST + 64];
  static struct sockaddr_in from[BATCH];
  struct iovec parts[2 * BATCH];
  struct mmsghdr asked[BATCH] = {0}, answered[BATCH] = {0};
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){in[i], sizeof in[i]};
    asked[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &parts[i], .msg_iovlen = 1};
  }
  int n = recvmmsg(fd, asked, BATCH, MSG_DONTWAIT, 0), ready = 0;
  for (int i = 0; i < n; i++) {
    int length = respond(in[i], asked[i].msg_len, out[ready]);
    if (!length) continue;
    parts[BATCH + ready] = (struct iovec){out[ready], length};
    answered[ready].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &parts[BATCH + ready], .msg_iovlen = 1};
    ready++;
  }
  if (ready) sendmmsg(fd, answered, ready, 0);
}

int dns_main(int argc, char **argv) {
  const char *address = "127.0.0.1", *zone = 0;
  int port = 0, option;
  while ((option = getopt(argc, argv, "a:p:z:")) != -1) {
    if (option == 'a') address = optarg;
    else if (option == 'p') port = atoi(optarg);
    else if (option == 'z') zone = optarg;
    else die("unknown option");
  }
  if (!zone) die("-z FILE is needed");
  read_zone(zone);
  struct sockaddr_in where = loopback(address, port);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (bind(fd, (void *)&where, sizeof where)) die("cannot bind port %d: %s", port, strerror(errno));
  struct pollfd fds[] = {{fd, POLLIN, 0}, {listen_on(address, port + 1), POLLIN, 0}};
  while (!stopping) {
    if (poll(fds, 2, 1000) <= 0) continue;
    if (fds[0].revents) serve(fd);
    if (fds[1].revents) tell(fds[1].fd, "{\"questions\":%lu,\"cpu\":%.4f}\n", questions, cpu_used());
  }
  return 0;
}
