"""What a dissected frame is made of, and the cursor that every protocol's reader uses.

Responsible for the law that all of them keep: the layers of a frame tile its octets and the fields of a layer tile its
bits, each exactly once, whatever the octets are.  What the fields are called is the readers' affair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias, final

from synfin.wire.addresses import Address, format_address, format_mac

Params: TypeAlias = tuple[tuple[str, str | int], ...]

HEX_SHOWN: Final = 16  # octets of a long field that `shown` writes out


class Field(NamedTuple):
    """One field of a layer.

    `name` has the texts `field.NAME` and `field.NAME.about`; `offset` counts bits from the start of its layer.  `value`
    is a number, or text where a number says little: an address as it is written, or the hex of octets; `shown` is how
    people write it.  `say` is the id of a text about this very value (or empty) with its `params`; `valid` is None for
    what cannot be wrong or cannot be verified, else whether it is right; `group` names the option it belongs to.
    """

    name: str
    offset: int
    bits: int
    value: int | str
    shown: str
    say: str = ""
    params: Params = ()
    valid: bool | None = None
    group: str = ""


class Layer(NamedTuple):
    """One header, or what is left: `offset` and `length` in octets of the frame, `name` has the text `layer.NAME`.

    `quoted`: it is part of the packet that an ICMP error quotes.
    """

    name: str
    offset: int
    length: int
    fields: tuple[Field, ...]
    quoted: bool = False

    def field(self, name: str) -> Field | None:
        """The first field of that name, or None."""
        for field in self.fields:
            if field.name == name:
                return field
        return None


@final
class Sheet:
    """Reads one layer, field by field, from octet `start` of `data` up to octet `end` at most.

    A field that does not fit any more becomes one called `truncated`, with all that is left; `cut` is True from then
    on, and reading gives zeros and adds nothing.
    """

    __slots__ = ("at", "cut", "data", "end", "fields", "group", "start")

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self.data = data
        self.start = start
        self.end = end
        self.at = 0  # bits
        self.cut = False
        self.group = ""
        self.fields: list[Field] = []

    @property
    def position(self) -> int:
        """The octet of the frame that is read next."""
        return self.start + self.at // 8

    @property
    def left(self) -> int:
        """Octets that are still to be read."""
        return self.end - self.position

    def peek(self, name: str, bits: int) -> int:
        """The next bits as a number, without a field; 0, and `truncated`, where they are not there."""
        if self.cut:
            return 0
        if self.at + bits > (self.end - self.start) * 8:
            self._truncate(name)
            return 0
        first = self.at // 8
        last = (self.at + bits + 7) // 8
        number = int.from_bytes(self.data[self.start + first : self.start + last], "big")
        return number >> (last * 8 - self.at - bits) & (1 << bits) - 1

    def number(
        self, name: str, bits: int, say: str = "", /, *, shown: str = "", valid: bool | None = None, **params: str | int
    ) -> int:
        """A field that is a number; gives it."""
        value = self.peek(name, bits)
        if not self.cut:
            told: Params = (*params.items(),) if say else ()
            self._add(Field(name, self.at, bits, value, shown or str(value), say, told, valid, self.group))
        return value

    def hexed(self, name: str, bits: int, say: str = "", /, **params: str | int) -> int:
        """As `number`, for those that are written in hex."""
        shown = f"0x{self.peek(name, bits):0{(bits + 3) // 4}x}"
        return self.number(name, bits, say, shown=shown, valid=None, **params)

    def octets(self, name: str, octets: int, say: str = "", /, **params: str | int) -> bytes:
        """A field of whole octets, written in hex; nothing at all for none."""
        if self.cut or octets <= 0:
            return b""
        if octets > self.left:
            self._truncate(name)
            return b""
        value = self.data[self.position : self.position + octets]
        shown = value[:HEX_SHOWN].hex(" ") + (" …" if octets > HEX_SHOWN else "")
        self._add(
            Field(
                name, self.at, octets * 8, value.hex(), shown, say, (*params.items(),) if say else (), None, self.group
            )
        )
        return value

    def address(self, name: str, octets: int, say: str = "") -> Address:
        """An IPv4 or IPv6 address (4 or 16 octets)."""
        return Address(self._written(name, octets, say, mac=False))

    def mac(self, name: str, say: str = "") -> bytes:
        """A link-layer address of six octets."""
        return self._written(name, 6, say, mac=True)

    def doubt(self) -> None:
        """The field that was read last is wrong."""
        self.fields[-1] = self.fields[-1]._replace(valid=False)

    def rest(self, name: str = "octets") -> None:
        """All that is left as one field."""
        if not self.cut:
            self.octets(name, self.left, "value.octets", count=self.left)

    def _written(self, name: str, octets: int, say: str, *, mac: bool) -> bytes:
        self.peek(name, octets * 8)
        if self.cut:
            return bytes(octets)
        value = self.data[self.position : self.position + octets]
        text = format_mac(value) if mac else format_address(Address(value))
        self._add(Field(name, self.at, octets * 8, text, text, say, (), None, self.group))
        return value

    def _add(self, field: Field) -> None:
        self.fields.append(field)
        self.at += field.bits

    def _truncate(self, name: str) -> None:
        """The rest is too short for the field that should be there."""
        bits = (self.end - self.start) * 8 - self.at
        if bits > 0:
            first = self.at // 8
            number = int.from_bytes(self.data[self.start + first : self.end], "big") & (1 << bits) - 1
            value = f"{number:0{(bits + 3) // 4}x}"
            self._add(Field("truncated", self.at, bits, value, value[:32], "value.cut", (("field", name),), False))
        self.cut = True


@final
class Walk:
    """Where the dissection of one frame is: octets `at` to `end` are still to be read, as what `following` says.

    `src` and `dst` are the addresses for a pseudo-header; `whole` is False where a checksum over the rest cannot be
    verified, because a part of it is in other fragments or was cut off.
    """

    __slots__ = ("at", "data", "dst", "end", "following", "layers", "quoted", "src", "whole")

    def __init__(self, data: bytes, following: str) -> None:
        self.data = data
        self.at = 0
        self.end = len(data)
        self.following = following
        self.layers: list[Layer] = []
        self.quoted = False
        self.whole = True
        self.src = Address(b"")
        self.dst = Address(b"")

    def sheet(self) -> Sheet:
        """A cursor over what is left."""
        return Sheet(self.data, self.at, self.end)

    def leave(self, name: str) -> None:
        """Everything up to the end as a layer of one field, if there is anything."""
        if self.at < self.end:
            sheet = self.sheet()
            sheet.rest()
            self.done(name, sheet)

    def done(self, name: str, sheet: Sheet, following: str = "") -> None:
        """A layer is read; `following` is what comes behind it, or nothing for plain payload."""
        length = (sheet.at + 7) // 8
        if length:
            self.layers.append(Layer(name, self.at, length, tuple(sheet.fields), self.quoted))
        self.at += length
        self.following = "" if sheet.cut else following


def read_options(sheet: Sheet, texts: str, names: Mapping[int, str], value: Callable[[Sheet, int, int], None]) -> None:
    """A list of options as IPv4 and TCP have it (RFC 791 3.1, RFC 9293 3.1), up to the end of the sheet.

    Kind 0 ends it, kind 1 is one octet, all others have a length; one that cannot be walked over ends the list
    [MUST-7].  `names` are the names of kinds, with the texts `value.TEXTS.NAME`; `value(sheet, kind, size)` reads the
    `size` octets inside of an option, or leaves them, or their rest, as they are.
    """
    while sheet.left > 0:
        kind = sheet.peek("opt.kind", 8)
        sheet.group = names.get(kind, "unknown")
        sheet.number("opt.kind", 8, f"value.{texts}.{sheet.group}")
        if kind == 0:
            sheet.octets("opt.padding", sheet.left)
            break
        if kind == 1:
            continue
        if sheet.left == 0:
            sheet.doubt()
            break
        length = sheet.peek("opt.length", 8)
        if length < 2 or length - 1 > sheet.left:
            sheet.number("opt.length", 8, "value.length", valid=False, count=length, there=sheet.left + 1)
            sheet.rest("opt.unreadable")
            break
        sheet.number("opt.length", 8, "value.octets", count=length)
        end = sheet.position + length - 2
        value(sheet, kind, length - 2)
        sheet.octets("opt.data", end - sheet.position)
    sheet.group = ""
