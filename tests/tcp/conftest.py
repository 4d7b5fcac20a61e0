"""What all packet-level tests share: the history in failure reports, wrapping numbers, and the invariants."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests import harness


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test of a module that says `WRAP_AROUND = True` with plain and with wrapping numbers too."""
    if getattr(metafunc.module, "WRAP_AROUND", False):
        metafunc.fixturenames.append("initial_numbers")
        metafunc.parametrize(
            "initial_numbers", [harness.PLAIN_ISNS, harness.WRAP_ISNS], ids=["plain", "wrap"], indirect=True
        )


@pytest.fixture
def initial_numbers(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """The initial sequence numbers that contexts of this test use unless they say others [RFC9293-E04]."""
    harness.default_isns = request.param
    yield request.param
    harness.default_isns = harness.PLAIN_ISNS


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the conversation on the wire to the report of a test that failed."""
    report = yield
    if report.failed:
        for number, context in enumerate(harness.contexts):
            title = f"history {number + 1}: {type(context).__name__}"
            report.sections.append((title, "\n".join(context.history[-400:])))
    return report
