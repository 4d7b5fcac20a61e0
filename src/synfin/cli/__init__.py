"""The command `synfin`: one file per command.

`main.py` finds and starts commands, `common.py` holds the options and the set-up that commands on a device share,
`messages.py` what they say in English and Chinese.  Commands: `demo.py`, `tun.py`, `connect.py`.
"""

from __future__ import annotations
