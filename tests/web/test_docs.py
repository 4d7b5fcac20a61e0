"""docs/web.md in both languages says what the code does: addresses, limits, options."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from synfin.cli.tun import tun
from synfin.cli.web import web
from synfin.lab.plan import MAX_CHANGES, MAX_FAULTS, MAX_SETTINGS, MAX_TIME, from_json
from synfin.units import DURATIONS
from synfin.web import limits
from synfin.web.app import Server, make_app
from synfin.web.export import FORMATS
from synfin.web.serve import DEFAULT_PORT
from tests.web.client import TOKEN, Client

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("web.md", "web.zh-CN.md")


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_address_is_told_and_exists(name: str) -> None:
    client = Client(app=make_app(Server(), token=TOKEN))
    found = set(re.findall(r"(GET|POST) (/api/[a-z]+)", page(name)))
    assert len(found) == 12
    for method, path in found:
        assert client.ask(method, path).status_code != 404
        assert client.ask("PUT", path).status_code == 405
    for form in FORMATS:
        assert f"`{form}`" in page(name)


@pytest.mark.parametrize("name", PAGES)
def test_limits_are_those_of_the_code(name: str) -> None:
    text = page(name)
    numbers = [limits.RUN_EVENTS, limits.RUN_RECORDS, limits.KEPT_RECORDS, limits.CAPTURE_PACKETS]
    assert all(f"{number:,}" in text for number in numbers)
    words = [
        f"{limits.JSON_OCTETS >> 10} KiB", f"{limits.CAPTURE_OCTETS >> 20} MiB", f"{limits.RUN_OCTETS // 10**6} MB",
        f"{limits.BODY_SECONDS:.0f} {'s' if name == 'web.md' else '秒'}",
    ]  # fmt: skip
    counts = (
        limits.KEPT_RUNS, limits.CONNECTIONS, limits.WATCHERS, limits.JOBS_WAITING, MAX_FAULTS, MAX_CHANGES,
        MAX_SETTINGS,
    )  # fmt: skip
    assert [word for word in words if word not in text] == []
    assert [count for count in counts if not re.search(rf"(?<![0-9,]){count} ", text)] == []
    assert 7 * DURATIONS["d"] == MAX_TIME
    assert limits.WORKERS == limits.UPLOADS == 2


@pytest.mark.parametrize("name", PAGES)
def test_the_plan_that_is_shown_can_be_played(name: str) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", page(name), re.DOTALL)
    assert from_json(json.loads(example)).scenario == "close"


@pytest.mark.parametrize("name", PAGES)
def test_options_are_told(name: str) -> None:
    text = page(name)
    for option in (*web.params, next(option for option in tun.params if option.name == "web")):
        assert f"`{option.opts[0]}" in text or option.opts[0] in text
    assert str(DEFAULT_PORT) in text
