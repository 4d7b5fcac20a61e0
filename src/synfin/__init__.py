"""synfin: TCP, from the first SYN to the end of TIME_WAIT.

This module holds the version and the shortcuts; a shortcut imports its part only when it is first used, so that
`import synfin` costs nothing.
"""

from __future__ import annotations

import os
from typing import Final

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
    from synfin.wire import tcp

    return not str(tcp.__file__).endswith(".py")
