"""Measurements of synfin beside other TCP stacks, in one run: `python -m bench`; README.md says what and how."""

from __future__ import annotations
