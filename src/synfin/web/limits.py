"""How much of everything there may be: a page on this machine must not be able to fill or stall it.

Every limit of the web server has its name here; what happens at it stands with the part that keeps it.
"""

from __future__ import annotations

from typing import Final

# One run
RUN_EVENTS: Final = 80_000  # of the scheduler (some 30,000 segments); beyond them the run counts as endless
RUN_OCTETS: Final = 16_000_000  # written by all changes of a plan together
RUN_RECORDS: Final = 120_000  # of the trace; the rest is left out, and the document says so

# What is kept
KEPT_RUNS: Final = 24
KEPT_RECORDS: Final = 240_000  # of all kept runs together (about 1.2 KB each); the one asked for last is always kept

# Work at the same time
WORKERS: Final = 2  # threads
JOBS_WAITING: Final = 16  # jobs that wait or run; more are refused with 429

# What comes in
JSON_OCTETS: Final = 65_536  # of a request in JSON
CAPTURE_OCTETS: Final = 16 << 20  # of a capture
CAPTURE_PACKETS: Final = 60_000  # of it that are looked at; the document says when there are more
CAPTURE_LISTED: Final = 200  # connections of it that are named
CAPTURE_TEXT: Final = 200  # characters of each
UPLOADS: Final = 2  # captures that are received at the same time; more are refused with 429
BODY_SECONDS: Final = 20.0  # for a body to arrive
CONNECTIONS: Final = 64  # sockets of clients
TARGET_OCTETS: Final = 16_384  # of a request line with its headers

# What goes out
GZIP_FROM: Final = 1_024  # octets; smaller answers go as they are
GZIP_LEVEL: Final = 5

# A running host in the page
LIVE_QUEUE: Final = 8_192  # records between the two threads; more are dropped and counted
LIVE_RECORDS: Final = 1_024  # of them drawn at a time
LIVE_PERIOD: Final = 0.05  # seconds between two drawings
LIVE_STATES: Final = 4_096  # connections whose state is known to whoever begins to watch later
LIVE_FLIGHTS: Final = 4_096  # segments and connections that keep their numbers
LIVE_PROBED: Final = 64  # connections whose variables are looked at
LIVE_LENGTHS: Final = 256  # lengths of text for which one stand-in is kept
WATCHERS: Final = 8
WATCHER_QUEUE: Final = 64  # messages that wait for a slow watcher
