"""Programs on epoll: nothing is lost, nothing hangs, whatever the network does."""

from __future__ import annotations

import errno
from random import Random

import pytest

from synfin.sockets import Epoll, TcpSocket
from synfin.sockets import constants as c
from tests.sockets.support import PORT, B, Net, fails


class Echo:
    """A server on one epoll set, as one is written for the kernel; `extra` is EPOLLET or 0."""

    def __init__(self, net: Net, extra: int, piece: int) -> None:
        self.net = net
        self.extra = extra
        self.piece = piece
        self.listener = net.listener()
        self.epoll = Epoll(self._ready)
        self.pending: dict[TcpSocket, bytes] = {}
        self.woken = False
        self.epoll.register(self.listener, c.EPOLLIN | extra)
        self.ended = 0

    def _ready(self) -> None:
        if not self.woken:
            self.woken = True
            self.net.world.scheduler.after(0, self._turn)

    def _turn(self) -> None:
        self.woken = False
        while ready := self.epoll.wait(3):
            for socket, events in ready:
                if socket is self.listener:
                    self._accept()
                else:
                    assert events
                    self._serve(socket)

    def _accept(self) -> None:
        try:
            while True:
                peer, _ = self.listener.accept()
                self.pending[peer] = b""
                self.epoll.register(peer, c.EPOLLIN | c.EPOLLOUT | self.extra if self.extra else c.EPOLLIN)
        except BlockingIOError:
            pass

    def _serve(self, socket: TcpSocket) -> None:
        """As long as something moves, as edge-triggering demands."""
        while not socket.closed:
            moved = self._write(socket)
            if not self.pending[socket]:
                moved = self._read(socket) or moved
            if not moved:
                break
        if not self.extra and not socket.closed:  # level-triggered: ask for what can happen next only
            self.epoll.modify(socket, c.EPOLLOUT if self.pending[socket] else c.EPOLLIN)

    def _write(self, socket: TcpSocket) -> bool:
        text = self.pending[socket]
        if not text:
            return False
        try:
            taken = socket.send(text)
        except BlockingIOError:
            return False
        self.pending[socket] = text[taken:]
        return True

    def _read(self, socket: TcpSocket) -> bool:
        try:
            text = socket.recv(self.piece)
        except BlockingIOError:
            return False
        if text:
            self.pending[socket] = text
            return True
        socket.close()
        self.ended += 1
        return False


class Talker:
    """A client that sends much, reads it back, and then closes its direction."""

    def __init__(self, net: Net, text: bytes) -> None:
        self.socket = net.a.tcp()
        self.text = text
        self.sent = 0
        self.got = bytearray()
        self.over = False
        self.socket.watch(lambda socket, bits: self.work())
        with fails(errno.EINPROGRESS):
            self.socket.connect((B, PORT))

    def work(self) -> None:
        socket = self.socket
        if self.over or not socket.poll(c.POLLIN | c.POLLOUT):
            return
        try:
            while self.sent < len(self.text):
                self.sent += socket.send(self.text[self.sent : self.sent + 30_000])
                if self.sent == len(self.text):
                    socket.shutdown(c.SHUT_WR)
        except (BlockingIOError, BrokenPipeError):
            pass
        try:
            while True:
                text = socket.recv(10_000)
                if not text:
                    self.over = True
                    socket.close()
                    return
                self.got += text
        except BlockingIOError:
            pass


@pytest.mark.parametrize("extra", [0, c.EPOLLET], ids=["level", "edge"])
@pytest.mark.parametrize(("loss", "preset"), [(0.0, "rfc"), (0.02, "linux")])
def test_an_echo_server_returns_everything(extra: int, loss: float, preset: str) -> None:
    net = Net(preset=preset, delay="5ms", loss=loss, rate="100Mbit", seed=3)
    server = Echo(net, extra, piece=7_000)
    talkers = [Talker(net, Random(number).randbytes(400_000)) for number in range(3)]
    net.until(lambda: all(talker.over for talker in talkers), ms=120_000)
    for talker in talkers:
        assert bytes(talker.got) == talker.text
    assert server.ended == 3


def test_on_ready_is_called_for_what_is_ready_already() -> None:
    net = Net()
    client, server = net.pair()
    calls: list[str] = []
    epoll = Epoll(lambda: calls.append("ready"))
    epoll.register(server, c.EPOLLIN, data="server")
    assert calls == []
    client.send(b"x")
    net.run()
    assert calls == ["ready"]
    assert epoll.wait() == [("server", c.EPOLLIN)]
    epoll.modify(server, c.EPOLLOUT)
    assert calls == ["ready", "ready"]
    assert epoll.wait() == [("server", c.EPOLLOUT)]


def test_a_set_that_is_closed_forgets() -> None:
    net = Net()
    _, server = net.pair()
    epoll = Epoll()
    epoll.register(server, c.EPOLLOUT)
    with fails(errno.EINVAL):
        epoll.wait(0)
    epoll.close()
    with fails(errno.EBADF):
        epoll.wait()
    with fails(errno.EBADF):
        epoll.register(server, c.EPOLLIN)
    server.close()


def test_two_sets_hear_of_one_socket() -> None:
    net = Net()
    client, server = net.pair()
    first, second = Epoll(), Epoll()
    first.register(server, c.EPOLLIN | c.EPOLLET)
    second.register(server, c.EPOLLIN)
    client.send(b"x")
    net.run()
    assert first.wait() == [(server, c.EPOLLIN)]
    assert first.wait() == []
    assert second.wait() == [(server, c.EPOLLIN)]
    server.close()
    assert second.wait() == []
    with fails(errno.EBADF):
        second.unregister(server)
