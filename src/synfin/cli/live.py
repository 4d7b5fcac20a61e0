"""The page of `synfin tun --web`: its socket, its token, its thread.

Responsible for the order of things: the socket is opened where the user's browser is, before a private namespace; the
thread begins after it.
"""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Final

from synfin.cli.common import DeviceOptions
from synfin.cli.main import EXIT_USAGE, Failure
from synfin.cli.messages import say

if TYPE_CHECKING:
    from synfin.web.app import Server
    from synfin.web.serve import Background

DEFAULT_WEB_PORT: Final = 8_421


class LivePage:
    """A page that watches one host; a context manager that closes the socket.  Raises `Failure` and `UsageError`."""

    def __init__(self, options: DeviceOptions, port: int) -> None:
        from synfin.web.serve import need_web

        need_web()
        from synfin.web.guard import make_token
        from synfin.web.live import OTHER, Feed
        from synfin.web.serve import address_of, listen

        labels = {
            "synfin": ", ".join(str(prefix) for prefix in options.ours),
            OTHER: ", ".join(str(prefix) for prefix in options.theirs),
        }
        about = {"labels": labels, "preset": options.preset, "seed": options.seed}
        self.feed = Feed("synfin", about=about)
        self._options = options
        self._token = make_token()
        self._server: Server | None = None
        self._background: Background | None = None
        try:
            self._socket = listen(port=port)
        except OSError as error:
            raise Failure(error.strerror or str(error), EXIT_USAGE) from None
        self.address = address_of(self._socket, self._token)

    def __enter__(self) -> LivePage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._socket.close()

    def start(self) -> None:
        """Begin to serve, and say where."""
        from synfin.web.app import Server, make_app
        from synfin.web.serve import Background

        self._server = Server(self._options.lang, self.feed)
        self._background = Background(make_app(self._server, token=self._token), self._socket)
        sys.stderr.write(say(self._options.lang, "web-live", address=self.address) + "\n")
        sys.stderr.flush()

    def stop(self) -> None:
        """End serving."""
        if self._background is not None:
            self._background.stop()
        if self._server is not None:
            self._server.desk.close()
