"""State machines for the send buffer, the receive buffer and the reassembly queue against plain models."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from synfin.tcp.reassembly import Reassembly
from synfin.tcp.recvbuf import ReceiveBuffer
from synfin.tcp.sendbuf import SendBuffer
from tests.properties.settings import repeatable

DATA = st.binary(min_size=0, max_size=60)
# Around the sizes from which pieces are kept as they are given, of every kind of memory.
LARGE = st.builds(
    lambda size, seed, kind: kind((bytes(range(256)) * 48)[seed : seed + size]),
    st.integers(0, 9_000),
    st.integers(0, 255),
    st.sampled_from([bytes, bytearray, memoryview, lambda data: memoryview(bytearray(data))]),
)


class SendBufferMachine(RuleBasedStateMachine):
    """The model is the whole stream ever taken, and the number below which all is acknowledged."""

    LIMIT = 100
    FIRST = (3 << 32) - 20

    def __init__(self) -> None:
        super().__init__()
        self.buffer = SendBuffer(self.FIRST, self.LIMIT)
        self.stream = b""
        self.released = 0

    @rule(data=DATA)
    def append(self, data: bytes) -> None:
        """As much as there is room for is taken, from the front of what was offered."""
        self.append_of_any_kind(data)

    def append_of_any_kind(self, data: bytes | bytearray | memoryview) -> None:
        room = self.LIMIT - (len(self.stream) - self.released)
        taken = self.buffer.append(data)
        assert taken == min(room, len(data))
        self.stream += bytes(data[:taken])
        if isinstance(data, bytearray) or (isinstance(data, memoryview) and not data.readonly):
            data[:] = bytes(len(data))  # whoever can change it may do so at once

    @precondition(lambda self: len(self.stream) > self.released)
    @rule(at=st.integers(0, 99), count=st.integers(0, 130))
    def read_again(self, at: int, count: int) -> None:
        """RFC2525-04: the same number always names the same octet."""
        offset = self.released + at % (len(self.stream) - self.released)
        assert self.buffer.slice(self.FIRST + offset, count) == self.stream[offset : offset + count]

    @rule(part=st.integers(0, 100))
    def release(self, part: int) -> None:
        """Acknowledged octets make room; the rest keeps its numbers."""
        self.released += (len(self.stream) - self.released) * part // 100
        self.buffer.release(self.FIRST + self.released)

    @rule(back=st.integers(0, 50))
    def release_of_old_numbers_changes_nothing(self, back: int) -> None:
        """A late acknowledgment does not move the start back."""
        self.buffer.release(self.FIRST + self.released - back)

    @invariant()
    def agrees(self) -> None:
        """Start, end, length and room follow from the model, and the limit holds (law 9)."""
        buffer = self.buffer
        assert buffer.start == self.FIRST + self.released
        assert buffer.end == self.FIRST + len(self.stream)
        assert len(buffer) == len(self.stream) - self.released <= self.LIMIT
        assert buffer.free == self.LIMIT - len(buffer)


class LargeSendBufferMachine(SendBufferMachine):
    """The same with pieces of up to some pages."""

    LIMIT = 40_000

    @rule(data=LARGE)
    def append_large(self, data: bytes | bytearray | memoryview) -> None:
        """As much as there is room for is taken."""
        self.append_of_any_kind(data)

    @precondition(lambda self: len(self.stream) > self.released)
    @rule(at=st.integers(0, 40_000), count=st.integers(0, 20_000))
    def read_much_again(self, at: int, count: int) -> None:
        """RFC2525-04, over the borders of pieces."""
        offset = self.released + at % (len(self.stream) - self.released)
        assert self.buffer.slice(self.FIRST + offset, count) == self.stream[offset : offset + count]


class ReceiveBufferMachine(RuleBasedStateMachine):
    """The model is one bytes object."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = ReceiveBuffer()
        self.expected = b""

    @rule(data=st.binary(min_size=1, max_size=60), repeat=st.integers(1, 90))
    def append(self, data: bytes, repeat: int) -> None:
        """Many small pieces, as a slow reader leaves them."""
        for _ in range(repeat):
            self.buffer.append(data)
        self.expected += data * repeat

    @rule(limit=st.integers(-1, 4_000))
    def read(self, limit: int) -> None:
        """Octets come out in order, at most as many as asked for."""
        count = max(limit, 0)
        assert self.buffer.read(limit) == self.expected[:count]
        self.expected = self.expected[count:]

    @rule(size=st.integers(0, 4_000))
    def read_into(self, size: int) -> None:
        """The same, into memory of the caller's; what lies behind stays as it was."""
        memory = bytearray(b"\xaa" * (size + 1))
        count = self.buffer.read_into(memoryview(memory)[:size])
        assert count == min(size, len(self.expected))
        assert bytes(memory) == self.expected[:count] + b"\xaa" * (size + 1 - count)
        self.expected = self.expected[count:]

    @rule()
    def clear(self) -> None:
        """Everything is forgotten at once."""
        self.buffer.clear()
        self.expected = b""

    @invariant()
    def agrees(self) -> None:
        """The length is that of the model."""
        assert len(self.buffer) == len(self.expected)


class ReassemblyMachine(RuleBasedStateMachine):
    """The model is a dict from number to octet; what came first is kept (and so is never changed later)."""

    FIRST = (1 << 32) - 64

    def __init__(self) -> None:
        super().__init__()
        self.store = Reassembly(limit=1_000)
        self.rcv_nxt = self.FIRST
        self.octets: dict[int, int] = {}
        self.latest: int | None = None

    @rule(ahead=st.integers(1, 150), data=st.binary(min_size=1, max_size=40))
    def add(self, ahead: int, data: bytes) -> None:
        """[SHLD-31]: text above a gap is kept; a later copy never replaces earlier octets."""
        seq = self.rcv_nxt + ahead
        assert self.store.add(seq, data)
        for offset, octet in enumerate(data):
            self.octets.setdefault(seq + offset, octet)
        self.latest = seq

    @rule(count=st.integers(0, 150))
    def gap_closes(self, count: int) -> None:
        """The missing text arrives: what now follows without a gap comes out, once and in order."""
        self.rcv_nxt += count
        expected = bytearray()
        following = self.rcv_nxt
        while following in self.octets:
            expected.append(self.octets[following])
            following += 1
        assert b"".join(self.store.take(self.rcv_nxt)) == bytes(expected)
        self.rcv_nxt = following
        self.octets = {seq: octet for seq, octet in self.octets.items() if seq >= following}
        if self.latest is not None and self.latest not in self.octets:
            self.latest = None

    def runs(self) -> list[tuple[int, int]]:
        """The contiguous blocks of the model, in order."""
        blocks: list[tuple[int, int]] = []
        for seq in sorted(self.octets):
            if blocks and blocks[-1][1] == seq:
                blocks[-1] = (blocks[-1][0], seq + 1)
            else:
                blocks.append((seq, seq + 1))
        return blocks

    @invariant()
    def size_is_what_is_held(self) -> None:
        """Octets are counted once, however often they came."""
        assert self.store.size == len(self.octets)

    @invariant()
    def blocks_are_true(self) -> None:
        """[RFC2018-04] [RFC2018-06] [RFC2018-09]: blocks are whole runs that are held; the newest comes first."""
        blocks = self.store.blocks(4)
        runs = self.runs()
        assert len(blocks) <= 4
        assert len(set(blocks)) == len(blocks)
        assert set(blocks) <= set(runs)
        if self.latest is not None:
            assert blocks, "the segment that came last is not reported"
            assert blocks[0][0] <= self.latest < blocks[0][1]


class BoundedReassemblyMachine(RuleBasedStateMachine):
    """With a small limit pieces may be refused, but what comes out is always true and the limit holds."""

    LIMIT = 3

    def __init__(self) -> None:
        super().__init__()
        self.store = Reassembly(limit=self.LIMIT)
        self.rcv_nxt = 1_000

    @staticmethod
    def octet(seq: int) -> int:
        """The stream's octet with that number."""
        return seq * 7 % 251

    @rule(ahead=st.integers(1, 60), length=st.integers(1, 20))
    def add(self, ahead: int, length: int) -> None:
        """Every piece tells the truth about the stream."""
        seq = self.rcv_nxt + ahead
        self.store.add(seq, bytes(self.octet(seq + offset) for offset in range(length)))

    @rule(count=st.integers(0, 80))
    def gap_closes(self, count: int) -> None:
        """What comes out continues the stream."""
        self.rcv_nxt += count
        for piece in self.store.take(self.rcv_nxt):
            assert piece == bytes(self.octet(self.rcv_nxt + offset) for offset in range(len(piece)))
            self.rcv_nxt += len(piece)

    @invariant()
    def limit_holds(self) -> None:
        """Law 9."""
        assert len(self.store) <= self.LIMIT
        assert self.store.size <= self.LIMIT * 20


TestSendBuffer = SendBufferMachine.TestCase
TestSendBuffer.settings = repeatable(60)
TestLargeSendBuffer = LargeSendBufferMachine.TestCase
TestLargeSendBuffer.settings = repeatable(60)
TestReceiveBuffer = ReceiveBufferMachine.TestCase
TestReceiveBuffer.settings = repeatable(40)
TestReassembly = ReassemblyMachine.TestCase
TestReassembly.settings = repeatable(80)
TestBoundedReassembly = BoundedReassemblyMachine.TestCase
TestBoundedReassembly.settings = repeatable(40)
