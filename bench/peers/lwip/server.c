/* echo (7), discard (9) and source (19) on lwIP's raw API, with a TUN device of the kernel below it.
 *
 *   server DEVICE ADDRESS NETMASK      prints "ready" and serves until it is ended
 *
 * Built against the shared library of the system's lwIP with its options (TCP_WND and TCP_SND_BUF of 65,535 octets in
 * Debian's).  This thread reads the device and calls the stack under its core lock; its timers are on a thread of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
#include <net/if.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

enum { ECHO_PORT = 7, DISCARD_PORT = 9, SOURCE_PORT = 19, BLOCK = 16384, LARGEST = 65536 };

static int device;
static char block[BLOCK];

static err_t transmit(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to) {
    struct iovec pieces[16];
    int count = 0;
    (void)netif, (void)to;
    for (struct pbuf *piece = packet; piece && count < 16; piece = piece->next, count++) {
        pieces[count].iov_base = piece->payload;
        pieces[count].iov_len = piece->len;
    }
    return writev(device, pieces, count) < 0 && errno != EAGAIN ? ERR_IF : ERR_OK;
}

static err_t set_up(struct netif *netif) {
    netif->name[0] = 't';
    netif->name[1] = 'n';
    netif->mtu = 1500;
    netif->output = transmit;
    netif->flags = NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static void fill(struct tcp_pcb *pcb) {
    u16_t room;
    while ((room = tcp_sndbuf(pcb)) > 0)
        if (tcp_write(pcb, block, room < BLOCK ? room : BLOCK, 0) != ERR_OK)
            break;
    tcp_output(pcb);
}

static err_t more(void *port, struct tcp_pcb *pcb, u16_t length) {
    (void)port, (void)length;
    fill(pcb);
    return ERR_OK;
}

static err_t got(void *port, struct tcp_pcb *pcb, struct pbuf *data, err_t error) {
    (void)error;
    if (!data)
        return tcp_close(pcb);
    if ((long)port == ECHO_PORT) {
        for (struct pbuf *piece = data; piece; piece = piece->next)
            tcp_write(pcb, piece->payload, piece->len, TCP_WRITE_FLAG_COPY);
        tcp_output(pcb);
    }
    tcp_recved(pcb, data->tot_len);
    pbuf_free(data);
    return ERR_OK;
}

static err_t accepted(void *port, struct tcp_pcb *pcb, err_t error) {
    if (error != ERR_OK || !pcb)
        return ERR_VAL;
    tcp_nagle_disable(pcb);
    tcp_arg(pcb, port);
    tcp_recv(pcb, got);
    if ((long)port == SOURCE_PORT) {
        tcp_sent(pcb, more);
        fill(pcb);
    }
    return ERR_OK;
}

static void serve(long port) {
    struct tcp_pcb *pcb = tcp_new();
    if (!pcb || tcp_bind(pcb, IP_ADDR_ANY, port) != ERR_OK || !(pcb = tcp_listen_with_backlog(pcb, 255))) {
        fprintf(stderr, "cannot listen on %ld\n", port);
        exit(1);
    }
    tcp_arg(pcb, (void *)port);
    tcp_accept(pcb, accepted);
}

static void started(void *semaphore) { sem_post(semaphore); }

int main(int argc, char **argv) {
    static char packet[LARGEST];
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    struct netif netif;
    ip4_addr_t address, mask, gateway = {0};
    sem_t ready;
    if (argc != 4 || !ip4addr_aton(argv[2], &address) || !ip4addr_aton(argv[3], &mask)) {
        fprintf(stderr, "usage: server DEVICE ADDRESS NETMASK\n");
        return 2;
    }
    strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
    if ((device = open("/dev/net/tun", O_RDWR)) < 0 || ioctl(device, TUNSETIFF, &request) < 0) {
        perror(argv[1]);
        return 1;
    }
    sem_init(&ready, 0, 0);
    tcpip_init(started, &ready);
    sem_wait(&ready);
    LOCK_TCPIP_CORE();
    netif_add(&netif, &address, &mask, &gateway, NULL, set_up, ip_input);
    netif_set_default(&netif);
    netif_set_up(&netif);
    serve(ECHO_PORT);
    serve(DISCARD_PORT);
    serve(SOURCE_PORT);
    UNLOCK_TCPIP_CORE();
    puts("ready");
    fflush(stdout);
    for (;;) {
        ssize_t length = read(device, packet, sizeof packet);
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            return 1;
        LOCK_TCPIP_CORE();
        struct pbuf *data = pbuf_alloc(PBUF_RAW, length, PBUF_RAM);
        if (data) {
            pbuf_take(data, packet, length);
            if (netif.input(data, &netif) != ERR_OK)
                pbuf_free(data);
        }
        UNLOCK_TCPIP_CORE();
    }
}
