/* The kernel's end of every measurement: one process, ordinary sockets, figures as one line of JSON on stdout.
 *
 *   client receive  ADDRESS SECONDS CONNECTIONS          bulk to port 9; counts what the peer has acknowledged
 *   client send     ADDRESS SECONDS CONNECTIONS          bulk from port 19
 *   client connects ADDRESS SECONDS CONNECTIONS          whole lives on port 9, so many at a time
 *   client pingpong ADDRESS SECONDS CONNECTIONS          one octet there and back on port 7
 *   client hold     ADDRESS COUNT SOURCE...              opens COUNT idle connections to port 9, until stdin ends
 *
 * It is meant to cost little, so that it does not hold the other end back: bulk is sent by sendfile(2) from memory and
 * received with MSG_TRUNC, neither of which copies in user space; everything else is one thread on epoll(7).
 * A first quarter of SECONDS warms up and is not counted.  All figures of time are of CLOCK_MONOTONIC.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ECHO_PORT 7
#define DISCARD_PORT 9
#define SOURCE_PORT 19
#define BLOCK (1 << 20)
#define EVENTS 256
#define STALLED 5.0       /* seconds without anything: the peer has stopped */
#define FILES 200000
#define SAMPLES (1 << 23) /* round trips kept at most */

static const char *address;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void fail(const char *what) {
    printf("{\"error\": \"%s: %s\"}\n", what, errno ? strerror(errno) : "no progress");
    exit(1);
}

static struct sockaddr_in at(const char *text, int port) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, text, &name.sin_addr) != 1) {
        errno = EINVAL;
        fail(text);
    }
    return name;
}

/* A non-blocking connection on its way; `source` may be NULL. */
static int start(int port, const char *source) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0)
        fail("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (source) {
        struct sockaddr_in from = at(source, 0);
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0)
            fail("bind");
    }
    struct sockaddr_in to = at(address, port);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
        fail("connect");
    return fd;
}

static void add(int set, int fd, uint32_t events, uint32_t slot) {
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t)slot << 32 | (uint32_t)fd};
    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) < 0)
        fail("epoll_ctl");
}

static void change(int set, int fd, uint32_t events, uint32_t slot) {
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t)slot << 32 | (uint32_t)fd};
    if (epoll_ctl(set, EPOLL_CTL_MOD, fd, &event) < 0)
        fail("epoll_ctl");
}

static int wait_for(int set, struct epoll_event *events) {
    int count = epoll_wait(set, events, EVENTS, (int)(STALLED * 1000));
    if (count == 0)
        errno = 0;
    if (count <= 0)
        fail("waiting");
    return count;
}

static void check(int fd, const char *what) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        errno = error;
        fail(what);
    }
}

static uint64_t acknowledged(const int *fds, int count) {
    uint64_t sum = 0;
    for (int i = 0; i < count; i++) {
        struct tcp_info info;
        socklen_t size = sizeof info;
        memset(&info, 0, sizeof info);
        if (getsockopt(fds[i], IPPROTO_TCP, TCP_INFO, &info, &size) == 0)
            sum += info.tcpi_bytes_acked;
    }
    return sum;
}

static int connected(int port) {
    int fd = start(port, NULL), set = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[EVENTS];
    add(set, fd, EPOLLOUT, 0);
    wait_for(set, events);
    check(fd, "connect");
    close(set);
    return fd;
}

static void bulk(double seconds, int connections, int sending) {
    int set = epoll_create1(EPOLL_CLOEXEC), file = memfd_create("block", MFD_CLOEXEC);
    int *fds = calloc(connections, sizeof *fds);
    char *block = malloc(BLOCK);
    struct epoll_event events[EVENTS];
    uint64_t counted = 0, first = 0, last = 0;
    memset(block, 'x', BLOCK);
    if (write(file, block, BLOCK) != BLOCK)
        fail("memfd");
    for (int i = 0; i < connections; i++) {
        fds[i] = connected(sending ? DISCARD_PORT : SOURCE_PORT);
        add(set, fds[i], sending ? EPOLLOUT : EPOLLIN, i);
    }
    double begin = now(), from = 0, end = begin;
    while (end < begin + seconds) {
        int count = wait_for(set, events);
        for (int i = 0; i < count; i++) {
            int fd = (int)(events[i].data.u64 & 0xFFFFFFFF);
            off_t zero = 0;
            ssize_t moved = sending ? sendfile(fd, file, &zero, BLOCK) : recv(fd, block, BLOCK, MSG_TRUNC);
            if (moved > 0)
                counted += moved;
            else if (moved == 0 || (errno != EAGAIN && errno != EINTR))
                fail(sending ? "sendfile" : "recv");
        }
        end = now();
        if (!from && end >= begin + seconds / 4) {
            from = end;
            first = sending ? acknowledged(fds, connections) : counted;
        }
    }
    last = sending ? acknowledged(fds, connections) : counted;
    if (!from)
        fail("bulk");
    printf("{\"octets\": %llu, \"seconds\": %.6f, \"total\": %llu}\n", (unsigned long long)(last - first), end - from,
           (unsigned long long)last);
    for (int i = 0; i < connections; i++) {
        struct linger reset = {.l_onoff = 1};
        setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fds[i]);
    }
}

static void connects(double seconds, int connections) {
    int set = epoll_create1(EPOLL_CLOEXEC), open = 0;
    struct epoll_event events[EVENTS];
    uint64_t ended = 0, first = 0;
    double begin = now(), from = 0, end = begin;
    while (end < begin + seconds) {
        for (; open < connections; open++)
            add(set, start(DISCARD_PORT, NULL), EPOLLOUT, 0);
        int count = wait_for(set, events);
        for (int i = 0; i < count; i++) {
            int fd = (int)(events[i].data.u64 & 0xFFFFFFFF);
            char octet;
            if (events[i].events & EPOLLOUT) {
                check(fd, "connect");
                shutdown(fd, SHUT_WR);
                change(set, fd, EPOLLIN, 0);
                continue;
            }
            ssize_t got = recv(fd, &octet, 1, 0);
            if (got < 0 && errno == EAGAIN)
                continue;
            if (got != 0)
                fail("discard");
            close(fd);
            open--;
            ended++;
        }
        end = now();
        if (!from && end >= begin + seconds / 4) {
            from = end;
            first = ended;
        }
    }
    printf("{\"count\": %llu, \"seconds\": %.6f, \"total\": %llu}\n", (unsigned long long)(ended - first), end - from,
           (unsigned long long)ended);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void ping_pong(double seconds, int connections) {
    int set = epoll_create1(EPOLL_CLOEXEC), *fds = calloc(connections, sizeof *fds);
    double *sent = calloc(connections, sizeof *sent), *taken = malloc(SAMPLES * sizeof *taken);
    struct epoll_event events[EVENTS];
    uint64_t kept = 0, total = 0;
    for (int i = 0; i < connections; i++) {
        fds[i] = connected(ECHO_PORT);
        add(set, fds[i], EPOLLIN, i);
    }
    double begin = now(), end = begin;
    for (int i = 0; i < connections; i++) {
        sent[i] = now();
        if (send(fds[i], "x", 1, MSG_NOSIGNAL) != 1)
            fail("send");
    }
    while (end < begin + seconds) {
        int count = wait_for(set, events);
        for (int i = 0; i < count; i++) {
            int fd = (int)(events[i].data.u64 & 0xFFFFFFFF), slot = (int)(events[i].data.u64 >> 32);
            char octet;
            ssize_t got = recv(fd, &octet, 1, 0);
            if (got != 1) {
                if (got < 0 && errno == EAGAIN)
                    continue;
                fail("recv");
            }
            end = now();
            total++;
            if (end >= begin + seconds / 4 && kept < SAMPLES)
                taken[kept++] = end - sent[slot];
            sent[slot] = end;
            if (send(fd, "x", 1, MSG_NOSIGNAL) != 1)
                fail("send");
        }
    }
    if (!kept)
        fail("ping-pong");
    qsort(taken, kept, sizeof *taken, ascending);
    printf("{\"count\": %llu, \"total\": %llu, \"p50\": %.9f, \"p99\": %.9f, \"seconds\": %.6f}\n",
           (unsigned long long)kept, (unsigned long long)total, taken[kept / 2], taken[kept * 99 / 100], seconds * 0.75);
}

static void open_idle(int wanted, const char *source, int at_once) {
    int set = epoll_create1(EPOLL_CLOEXEC), begun = 0, done = 0;
    struct epoll_event events[EVENTS];
    while (done < wanted) {
        for (; begun < wanted && begun - done < at_once; begun++)
            add(set, start(DISCARD_PORT, source), EPOLLOUT | EPOLLONESHOT, 0);
        int count = wait_for(set, events);
        for (int i = 0; i < count; i++) {
            check((int)(events[i].data.u64 & 0xFFFFFFFF), "connect");
            done++;
        }
    }
}

/* As many processes as the limit of descriptors demands, one source address each. */
static void hold(int wanted, char **sources, int source_count, int most) {
    int pipes[2], processes = (wanted + most - 1) / most;
    double begin = now();
    if (processes > source_count) {
        errno = EMFILE;
        fail("too few source addresses");
    }
    if (pipe(pipes) < 0)
        fail("pipe");
    for (int i = 0; i < processes; i++) {
        int share = wanted / processes + (i < wanted % processes);
        if (fork() == 0) {
            char octet;
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(pipes[0]);
            open_idle(share, sources[i], 64 / processes);
            if (write(pipes[1], "y", 1) != 1)
                exit(1);
            close(pipes[1]);
            while (read(0, &octet, 1) > 0)
                continue;
            exit(0);
        }
    }
    close(pipes[1]);
    for (int i = 0; i < processes; i++) {
        char octet;
        if (read(pipes[0], &octet, 1) != 1)
            exit(1); /* it has said why */
    }
    printf("{\"count\": %d, \"seconds\": %.6f}\n", wanted, now() - begin);
    fflush(stdout);
    while (wait(NULL) > 0)
        continue;
}

int main(int argc, char **argv) {
    struct rlimit files;
    if (argc < 5) {
        fprintf(stderr, "usage: client receive|send|connects|pingpong ADDRESS SECONDS CONNECTIONS\n"
                        "       client hold ADDRESS COUNT SOURCE...\n");
        return 2;
    }
    address = argv[2];
    getrlimit(RLIMIT_NOFILE, &files);
    struct rlimit many = {FILES, FILES};
    if (files.rlim_max < FILES && setrlimit(RLIMIT_NOFILE, &many) == 0) /* only some may raise the upper limit */
        files = many;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    double seconds = atof(argv[3]);
    int connections = atoi(argv[4]);
    if (!strcmp(argv[1], "receive"))
        bulk(seconds, connections, 1);
    else if (!strcmp(argv[1], "send"))
        bulk(seconds, connections, 0);
    else if (!strcmp(argv[1], "connects"))
        connects(seconds, connections);
    else if (!strcmp(argv[1], "pingpong"))
        ping_pong(seconds, connections);
    else if (!strcmp(argv[1], "hold"))
        hold(atoi(argv[3]), argv + 4, argc - 4, (int)files.rlim_cur - 64);
    else
        return 2;
    return 0;
}
