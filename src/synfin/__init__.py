"""synfin: TCP, from the first SYN to the end of TIME_WAIT.

This module holds the version and the shortcuts; a shortcut imports its part only when it is first used, so that
`import synfin` costs nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from synfin.config import TcpConfig
    from synfin.errors import UsageError
    from synfin.host import Host, HostConfig
    from synfin.tcp import Connection, Listener
    from synfin.timeline.world import World

__version__: Final = "0.1.0"


def _prefer_sources() -> None:
    """Import every module of the package from its source even where a compiled one lies beside it."""
    import sys
    from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader

    for top in __path__:
        for directory, folders, _ in os.walk(top):
            folders[:] = [name for name in folders if name != "__pycache__"]
            sys.path_importer_cache[directory] = FileFinder(directory, (SourceFileLoader, SOURCE_SUFFIXES))


if os.environ.get("SYNFIN_PURE") == "1":
    _prefer_sources()


def compiled() -> bool:
    """Whether the hot modules in use are the ones compiled by mypyc (`make compile`)."""
    from importlib.util import find_spec

    spec = find_spec("synfin.wire.tcp")
    return spec is not None and not str(spec.origin).endswith(".py")


_SHORTCUTS: Final[dict[str, str]] = {
    "Connection": "synfin.tcp",
    "Host": "synfin.host",
    "HostConfig": "synfin.host",
    "Listener": "synfin.tcp",
    "TcpConfig": "synfin.config",
    "UsageError": "synfin.errors",
    "World": "synfin.timeline.world",
}

_PARTS: Final = ("drill", "timeline")  # `synfin.drill.run(...)` after `import synfin`

__all__ = ["Connection", "Host", "HostConfig", "Listener", "TcpConfig", "UsageError", "World", "compiled"]


def __getattr__(name: str) -> Any:
    """Import what a shortcut stands for."""
    from importlib import import_module

    if name in _PARTS:
        return import_module(f"synfin.{name}")
    if name in _SHORTCUTS:
        return getattr(import_module(_SHORTCUTS[name]), name)
    raise AttributeError(f"module 'synfin' has no attribute {name!r}")
