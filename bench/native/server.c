/* The server of the kernel's own measurements: echo (7), discard (9) and source (19) in one thread on epoll(7).
 *
 *   server ADDRESS      prints "ready" and serves until it is ended
 *
 * It reads and writes as an ordinary program would, with copies.
 */
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

enum { ECHO_PORT = 7, DISCARD_PORT = 9, SOURCE_PORT = 19, LISTENER = 1 << 16, BLOCK = 1 << 18, EVENTS = 256, FILES = 200000 };

static char block[BLOCK];

static void watch(int set, int fd, uint32_t events, uint32_t kind) {
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t)kind << 32 | (uint32_t)fd};
    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) < 0) {
        perror("epoll_ctl");
        exit(1);
    }
}

static int listen_on(const char *address, int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, address, &name.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&name, sizeof name) < 0 || listen(fd, 1024) < 0) {
        perror("listen");
        exit(1);
    }
    return fd;
}

/* Returns 0 when the connection is over. */
static int serve(int fd, int port) {
    for (int rounds = 0; rounds < 16; rounds++) {
        ssize_t count = port == SOURCE_PORT ? send(fd, block, BLOCK, MSG_NOSIGNAL) : recv(fd, block, BLOCK, 0);
        if (count < 0)
            return errno == EAGAIN;
        if (count == 0)
            return 0;
        if (port == ECHO_PORT && send(fd, block, count, MSG_NOSIGNAL) != count)
            return 0;
        if (count < BLOCK)
            return 1;
    }
    return 1;
}

int main(int argc, char **argv) {
    static const int ports[] = {ECHO_PORT, DISCARD_PORT, SOURCE_PORT};
    struct epoll_event events[EVENTS];
    struct rlimit files;
    int set = epoll_create1(EPOLL_CLOEXEC), one = 1;
    getrlimit(RLIMIT_NOFILE, &files);
    struct rlimit many = {FILES, FILES};
    if (files.rlim_max >= FILES || setrlimit(RLIMIT_NOFILE, &many) < 0) { /* only root may raise the upper limit */
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    for (int i = 0; i < 3; i++)
        watch(set, listen_on(argc > 1 ? argv[1] : "0.0.0.0", ports[i]), EPOLLIN, ports[i] | LISTENER);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(set, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            int fd = (int)(events[i].data.u64 & 0xFFFFFFFF), kind = (int)(events[i].data.u64 >> 32);
            if (!(kind & LISTENER)) {
                if (!serve(fd, kind))
                    close(fd);
                continue;
            }
            for (int end; (end = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
                setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                watch(set, end, (kind & ~LISTENER) == SOURCE_PORT ? EPOLLOUT : EPOLLIN,
                      kind & ~LISTENER);
            }
        }
    }
}
