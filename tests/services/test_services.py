"""What the services say, over two hosts in memory and virtual time."""

from __future__ import annotations

import random
from collections.abc import Callable
from email import message_from_bytes
from email.policy import HTTP
from pathlib import Path
from typing import Any

import h11
import pytest

from synfin.config import TcpConfig
from synfin.device.memory import MemoryPair
from synfin.host import Host
from synfin.services.base import CHUNK, Service
from synfin.services.files import FileService
from synfin.services.simple import Daytime, Discard, Echo, Source
from synfin.tcp import Connection, Event

STEP_LIMIT = 100_000


class World:
    """A server with one service on port 80 and a client; time moves to the next deadline when nothing else happens."""

    def __init__(self, service: Service, **tcp: Any) -> None:
        self.now = 0
        self.pair = MemoryPair(queue_limit_frames=100_000)
        self.server = Host("server", rng=random.Random(1), tcp=TcpConfig(**tcp))
        self.server.add_interface("eth0", addresses=["10.0.0.1/24"])
        self.client = Host("client", rng=random.Random(2), tcp=TcpConfig(**tcp))
        self.client.add_interface("eth0", addresses=["10.0.0.2/24"])
        self.server.listen(80, 0, handler=service.accept)

    def until(self, done: Callable[[], bool]) -> None:
        ends = ((self.server, self.pair.a), (self.client, self.pair.b))
        for _ in range(STEP_LIMIT):
            moved = False
            for host, device in ends:
                while (frame := device.read(None)) is not None:
                    host.receive(frame, self.now)
                for out in host.poll(self.now):
                    device.write(out)
                    moved = True
            if done():
                return
            if not moved and not self.pair.a.waiting:
                deadlines = [when for host, _ in ends if (when := host.next_deadline()) is not None]
                assert deadlines, "nothing can happen any more"
                self.now = max(self.now, min(deadlines))
        raise AssertionError("it did not come to this")

    def connect(self) -> Client:
        return Client(self)


class Client:
    def __init__(self, world: World) -> None:
        self.world = world
        self.events: list[Event] = []
        self.connection = world.client.connect("10.0.0.1", 80, world.now, handler=self._told)
        world.until(lambda: Event.CONNECTED in self.events)

    def _told(self, connection: Connection, event: Event, now: int) -> None:
        self.events.append(event)

    def send(self, data: bytes, shut: bool = False) -> Client:
        while data:
            data = data[self.connection.write(data, self.world.now) :]
            if data:
                self.world.until(lambda: self.connection.writable > 0)
        if shut:
            self.connection.shutdown(self.world.now)
        return self

    def read(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            got += self.connection.read(size - len(got), self.world.now)
            if self.connection.at_eof:
                break
            if len(got) < size:
                self.wait_for_text()
        return got

    def wait_for_text(self) -> None:
        """Until reading gives text, or says that there is no more."""
        c = self.connection
        self.world.until(lambda: c.readable > 0 or c.at_eof or c.error is not None)

    def read_all(self) -> bytes:
        return self.read(1 << 40)

    @property
    def served(self) -> Connection:
        """The server's end."""
        return self.world.server.connections()[0]


def test_echo_sends_back_everything_and_closes_after_the_peer() -> None:
    data = bytes(i % 251 for i in range(700_000))
    world = World(Echo(), send_buffer_bytes=50_000, receive_buffer_bytes=50_000)
    client = world.connect()
    got = b""
    for start in range(0, len(data), 20_000):
        client.send(data[start : start + 20_000])
        got += client.read(20_000)
    client.send(b"the end", shut=True)
    assert got + client.read_all() == data + b"the end"


def test_text_and_fin_in_one_segment_are_answered_in_full() -> None:
    assert World(Echo()).connect().send(b"short", shut=True).read_all() == b"short"


def test_echo_reads_no_more_than_its_peer_takes() -> None:
    world = World(Echo(), send_buffer_bytes=10_000, receive_buffer_bytes=10_000)
    client = world.connect()
    taken = 0
    for _ in range(100):  # a client that never reads
        taken += client.connection.write(bytes(10_000), world.now)
        for _ in range(20):
            world.until(lambda: True)
    # Both buffers of both ends, and one chunk in the service's hands.
    assert taken <= 4 * 10_000 + CHUNK


def test_discard_reads_and_says_nothing() -> None:
    assert World(Discard()).connect().send(bytes(200_000), shut=True).read_all() == b""


def test_source_counts_its_octets_for_ever() -> None:
    client = World(Source(), send_buffer_bytes=3_000).connect()
    assert client.read(300_001) == (bytes(range(256)) * 1_200)[:300_001]
    client.send(b"be quiet", shut=True)
    assert len(client.read(100_000)) == 100_000


def test_source_survives_a_peer_that_goes_away() -> None:
    world = World(Source())
    client = world.connect()
    client.read(1_000)
    client.connection.abort(world.now)
    world.until(lambda: not world.server.connections())
    assert world.connect().read(3) == b"\0\1\2"


def test_daytime_says_one_line() -> None:
    assert World(Daytime(lambda: "now")).connect().read_all() == b"now\r\n"


def test_daytime_ignores_what_it_is_told() -> None:
    client = World(Daytime(lambda: "now")).connect().send(b"hello?", shut=True)
    assert client.read_all() == b"now\r\n"
    assert Event.RESET not in client.events


# HTTP

BODY = bytes(i % 253 for i in range(1_000_000))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "big.bin").write_bytes(BODY)
    (tmp_path / "small.txt").write_text("small")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "index.html").write_text("<p>index")
    return tmp_path


class Http:
    """An h11 client on a connection: what a correct client makes of the octets."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.h11 = h11.Connection(h11.CLIENT)

    def ask(self, target: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        fields = [("host", "server"), *((name.replace("_", "-"), value) for name, value in headers.items())]
        out = self.h11.send(h11.Request(method=method, target=target, headers=fields)) or b""
        self.client.send(out + (self.h11.send(h11.EndOfMessage()) or b""))
        return self.answer()

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        status, fields, body = 0, {}, b""
        while True:
            event = self.h11.next_event()
            if event is h11.NEED_DATA:
                self.client.wait_for_text()
                self.h11.receive_data(self.client.connection.read(65_536, self.client.world.now))
            elif isinstance(event, h11.Response):
                status = event.status_code
                fields = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            else:
                assert isinstance(event, h11.EndOfMessage), event
                if self.h11.our_state is h11.DONE and self.h11.their_state is h11.DONE:
                    self.h11.start_next_cycle()
                return status, fields, body


@pytest.fixture
def http(site: Path) -> Http:
    return Http(World(FileService(str(site))).connect())


def test_several_requests_on_one_connection(http: Http) -> None:
    assert http.ask("/big.bin")[2] == BODY
    assert http.ask("/small.txt")[2] == b"small"
    assert http.ask("/empty")[2] == b""
    assert http.ask("/nothing")[0] == 404


def test_a_missing_file_does_not_end_in_a_reset(http: Http) -> None:
    status, fields, _ = http.ask("/nothing")
    assert (status, fields["connection"]) == (404, "close")
    http.client.connection.shutdown(http.client.world.now)
    http.client.read_all()
    assert Event.RESET not in http.client.events


def test_head_has_the_fields_of_get_and_no_body(http: Http) -> None:
    head = http.ask("/big.bin", "HEAD")
    get = http.ask("/big.bin")
    assert head[0] == get[0] == 200
    assert {**head[1], "date": ""} == {**get[1], "date": ""}
    assert head[2] == b""
    assert get[1]["content-length"] == "1000000"
    assert get[1]["accept-ranges"] == "bytes"


def test_one_range(http: Http) -> None:
    status, fields, body = http.ask("/big.bin", range="bytes=500-1499")
    assert (status, fields["content-range"]) == (206, "bytes 500-1499/1000000")
    assert body == BODY[500:1500]


def test_several_ranges_come_as_parts(http: Http) -> None:
    status, fields, body = http.ask("/big.bin", range="bytes=0-9,999990-")
    assert status == 206
    parts = message_from_bytes(b"Content-Type: " + fields["content-type"].encode() + b"\r\n\r\n" + body, policy=HTTP)
    found = [(part["content-range"], part.get_content()) for part in parts.iter_parts()]
    assert found == [("bytes 0-9/1000000", BODY[:10]), ("bytes 999990-999999/1000000", BODY[-10:])]


def test_a_range_beyond_the_end_is_refused_and_the_connection_goes_on(http: Http) -> None:
    status, fields, _ = http.ask("/small.txt", range="bytes=5-")
    assert (status, fields["content-range"]) == (416, "bytes */5")
    assert http.ask("/small.txt")[2] == b"small"


def test_a_range_of_another_version_is_the_whole(http: Http) -> None:
    etag = http.ask("/small.txt")[1]["etag"]
    assert http.ask("/small.txt", range="bytes=0-0", if_range=etag)[0] == 206
    assert http.ask("/small.txt", range="bytes=0-0", if_range='"other"')[0] == 200


def test_what_the_client_has_already_is_not_sent_again(http: Http) -> None:
    fields = http.ask("/small.txt")[1]
    assert http.ask("/small.txt", if_none_match=f'"x", {fields["etag"]}')[0::2] == (304, b"")
    assert http.ask("/small.txt", if_modified_since=fields["last-modified"])[0] == 304
    assert http.ask("/small.txt", if_none_match='"x"', if_modified_since=fields["last-modified"])[0] == 200
    assert http.ask("/small.txt", if_modified_since="nonsense")[0] == 200


def test_directories(http: Http) -> None:
    status, fields, _ = http.ask("/sub?x=1")
    assert (status, fields["location"]) == (301, "/sub/?x=1")
    assert http.ask("/sub/")[2] == b"<p>index"
    assert b"small.txt" in http.ask("/")[2]
    assert http.ask("/small.txt/")[0] == 404


def test_methods_that_are_not_known(http: Http) -> None:
    assert http.ask("/small.txt", "DELETE")[0] == 501


def test_pipelined_requests_are_answered_in_order(site: Path) -> None:
    client = World(FileService(str(site))).connect()
    one = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
    client.send(one % b"small.txt" + b"\r\n" + one % b"sub/" + one % b"empty", shut=True)
    answers = client.read_all()
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert answers.index(b"small") < answers.index(b"<p>index")


def test_http_1_0_closes_unless_asked_not_to(site: Path) -> None:
    plain = World(FileService(str(site))).connect().send(b"GET /small.txt HTTP/1.0\r\n\r\n").read_all()
    assert plain.endswith(b"Connection: close\r\n\r\nsmall")
    client = World(FileService(str(site))).connect()
    client.send(b"GET /small.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    head = b""
    while not head.endswith(b"small"):
        head += client.read(1)
    assert b"Connection: keep-alive\r\n" in head
    client.send(b"GET /small.txt HTTP/1.0\r\n\r\n")
    assert client.read_all().endswith(b"Connection: close\r\n\r\nsmall")


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/9.9\r\n\r\n", b"505"),
        (b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"GET /small.txt HTTP/1.1\r\n\r\n", b"400"),
        (b"HEAD /small.txt HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000, b"431"),
        (b"GET /" + b"x" * 70_000, b"431"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", b"431"),
    ],
)
def test_a_bad_request_gets_an_answer_and_an_end(site: Path, request_head: bytes, status: bytes) -> None:
    answer = World(FileService(str(site))).connect().send(request_head).read_all()
    assert answer.split(maxsplit=2)[1] == status


def test_a_request_with_a_text_is_answered_and_ends_the_connection(site: Path) -> None:
    client = World(FileService(str(site))).connect()
    client.send(b"GET /small.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 44\r\n\r\nGET /secret HTTP/1.1\r\n\r\n")
    answer = client.read_all()
    assert answer.count(b"HTTP/1.1") == 1
    assert b"Connection: close" in answer


def test_a_large_file_is_read_only_as_fast_as_the_peer_takes_it(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from synfin.services.tree import OpenFile

    read: list[int] = []
    original = OpenFile.read

    def counting(self: OpenFile, offset: int, length: int) -> bytes:
        data = original(self, offset, length)
        read.append(len(data))
        return data

    monkeypatch.setattr(OpenFile, "read", counting)
    world = World(FileService(str(site)), send_buffer_bytes=20_000, receive_buffer_bytes=20_000)
    client = world.connect().send(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
    world.until(lambda: client.connection.readable > 15_000)
    assert sum(read) == CHUNK
    assert client.read(1_000_200)[-1_000:] != b""
    assert max(read) <= CHUNK


def test_a_file_that_shrinks_while_it_is_sent_resets_the_connection(site: Path) -> None:
    world = World(FileService(str(site)), send_buffer_bytes=20_000, receive_buffer_bytes=20_000)
    client = world.connect().send(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
    client.read(10_000)
    (site / "big.bin").write_bytes(b"")
    with pytest.raises(ConnectionResetError):
        client.read_all()


def test_a_single_file_has_two_names(site: Path) -> None:
    http = Http(World(FileService(str(site / "small.txt"))).connect())
    assert http.ask("/")[2] == b"small"
    assert http.ask("/small.txt")[2] == b"small"
    assert http.ask("/big.bin")[0] == 404


def test_files_are_closed_with_their_connection(site: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("there is no /proc")
    world = World(FileService(str(site)), send_buffer_bytes=20_000, receive_buffer_bytes=20_000)
    before = len(list(descriptors.iterdir()))
    client = world.connect().send(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
    client.read(10_000)
    assert len(list(descriptors.iterdir())) == before + 1
    client.connection.abort(world.now)
    world.until(lambda: not world.server.connections())
    assert len(list(descriptors.iterdir())) == before
