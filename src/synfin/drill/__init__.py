"""Packet scripts that judge a TCP: the packetdrill language, run against this stack in virtual time or the kernel.

    source, lexer, parser, parse_packet   text to `Script` (`model`), with one error type, `ScriptError`
    printer                               `Script` to text
    library                               `run` and `run_all`: play scripts from Python
    record, explain, compare              scripts from captures, in words, and on stack and kernel side by side

docs/drill.md describes the language as it is understood here.
"""

from synfin.drill.capture import RecordError
from synfin.drill.compare import Comparison, compare_all
from synfin.drill.errors import ScriptError, UnsupportedError
from synfin.drill.library import run, run_all
from synfin.drill.model import Script
from synfin.drill.outcome import Failure, Outcome
from synfin.drill.parser import load, parse
from synfin.drill.printer import print_script
from synfin.drill.record import Recording, record

__all__ = [
    "Comparison",
    "Failure",
    "Outcome",
    "RecordError",
    "Recording",
    "Script",
    "ScriptError",
    "UnsupportedError",
    "compare_all",
    "load",
    "parse",
    "print_script",
    "record",
    "run",
    "run_all",
]
