"""`python -m synfin`: the same as the command `synfin`."""

from __future__ import annotations

from synfin.cli.main import main

if __name__ == "__main__":
    main()
