"""Small servers that run on connections of the stack: echo, discard, source, daytime, and files over HTTP.

| service   | what it does                                                    | file        |
|-----------|-----------------------------------------------------------------|-------------|
| `echo`    | sends back what it gets (RFC 862)                               | `simple.py` |
| `discard` | reads and forgets (RFC 863)                                     | `simple.py` |
| `source`  | sends octets 0, 1, ..., 255, 0, ... for ever (as RFC 864 does)  | `simple.py` |
| `daytime` | sends the date and time, then closes (RFC 867)                  | `simple.py` |
| `file`    | HTTP/1.1 GET and HEAD of a file or a directory, with ranges     | `files.py`  |

They are callback programs: the host calls `Connection.handler` with each event, and everything a connection allows now
is done before the callback returns.  `spec.py` reads the `SERVICE:PORT` notation of the command line.
"""

from __future__ import annotations
