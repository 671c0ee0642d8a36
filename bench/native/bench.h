/*
 * What the parts of the bench's native side share: the load generator, the sink and the name server. They are C because
 * they share one core, and must cost less than anything that is measured with them.
 */
#ifndef BENCH_H
#define BENCH_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Seconds of a clock that only goes forward. */
double now(void);
/* Seconds of CPU that this process has used. */
double cpu_used(void);
/* Says why on standard error, and ends with exit code 2. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* An address to connect to or to listen on. Anything outside of 127.0.0.0/8 is refused: load stays on this machine. */
struct sockaddr_in loopback(const char *address, int port);
/* As many open files as the system allows. */
void raise_open_files(void);
int listen_on(const char *address, int port);
/* Ends the loops of the servers: set by SIGTERM and SIGINT. */
extern volatile int stopping;
void stop_on_signals(void);

/* What a server counts, written to whoever connects to its port + 1, as one line of JSON. */
void tell(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The modes; each has its own options. */
int sink_main(int argc, char **argv);
int dns_main(int argc, char **argv);
int load_main(int argc, char **argv, int idle);

#endif
