"""Packet scripts that judge a TCP: the packetdrill language, run against this stack in virtual time or the kernel.

    source, lexer, parser, parse_packet   text to `Script` (`model`), with one error type, `ScriptError`
    printer                               `Script` to text

docs/drill.md describes the language as it is understood here.
"""

from synfin.drill.errors import ScriptError, UnsupportedError
from synfin.drill.model import Script
from synfin.drill.parser import load, parse
from synfin.drill.printer import print_script

__all__ = ["Script", "ScriptError", "UnsupportedError", "load", "parse", "print_script"]
