"""Every question that the page can ask: the run is played again, and what differs is marked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.web.browser.page import Page

Visit = Callable[..., Page]
# What is done to the first segment with text, and the sign that its row bears then.
SEGMENT = (
    ("drop", "", "drop(A>B,*,3)", "lost"),
    ("delay", "2s", "delay(A>B,*,3,2s)", "late"),
    ("dup", "20ms", "dup(A>B,*,3,20ms)", "copy"),
    ("reorder", "2", "reorder(A>B,*,3,by=2)", "late"),
    ("corrupt", "", "corrupt(A>B,*,3)", "damaged"),
)
# What an end does at the instant at which A is connected, by scenario `close`, and what can be seen then.
ENDS = (
    (0, "close", "", "FIN_WAIT_1"),
    (0, "shutdown", "", "FIN_WAIT_1"),
    (0, "abort", "", "RST"),
    (0, "crash", "", "crash"),
    (1, "stop-reading", "", "stops reading"),
    (1, "read", "10", "read"),
    (0, "write", "3000", "len 1460"),
    (0, "open", "40001", "open (connect)"),
)


@pytest.mark.parametrize(("action", "amount", "fault", "says"), SEGMENT, ids=[entry[0] for entry in SEGMENT])
def test_something_happens_to_a_segment(watch: Visit, action: str, amount: str, fault: str, says: str) -> None:
    page = watch("whole-life")
    page.to("A to B: PSH ACK seq 1")
    page.ask_segment(action, amount)
    assert page.plan()["faults"] == [fault]
    counts = page.marks()
    assert counts["new"] + counts["changed"] > 0
    assert page.tab.locator("#difference").is_visible()
    assert page.count("#asked .chip") == 1
    assert page.count("#ladder .row.mark-new, #ladder .row.mark-changed") > 0
    assert page.count(f"#ladder .tag-{says}") > 0
    page.tab.click("#asked .chip button")
    page.ready()
    assert page.plan()["faults"] == []


@pytest.mark.parametrize(("side", "action", "amount", "says"), ENDS, ids=[entry[1] for entry in ENDS])
def test_an_end_does_something(watch: Visit, side: int, action: str, amount: str, says: str) -> None:
    page = watch("close")
    page.to("A at 0.020 s: connected")
    page.ask_end(side, action, amount)
    change = page.plan()["changes"][0]
    assert (change["at"], change["host"], change["action"], change["value"]) == (20_000_001, "AB"[side], action, amount)
    assert sum(page.marks().values()) > 0
    page.to(says)
    assert page.count("#asked .chip") == 1


def test_a_crash_and_a_restart(watch: Visit) -> None:
    page = watch("close")
    page.to("A at 0.020 s: connected")
    page.ask_end(1, "crash")
    page.to("A at 0.120 s: close")
    page.ask_end(1, "restart")
    assert [change["action"] for change in page.plan()["changes"]] == ["crash", "restart"]
    assert page.count("#asked .chip") == 2
    assert sum(page.marks().values()) > 0


@pytest.mark.parametrize(
    ("opener", "name", "value", "start", "expected"),
    [
        ("#end-0", "nodelay", "on", False, ("A", "nodelay", "on")),
        ("#end-1", "ack_delay", "400ms", True, ("B", "ack_delay", "400ms")),
        ("#end-0", "msl", "1s", True, ("A", "msl", "1s")),
        ("#end-0", "mss", "100", True, ("A", "mss", "100")),
        ("#end-0", "congestion", "cubic", True, ("A", "congestion", "cubic")),
        ("#end-0", "receive_buffer", "4096", True, ("A", "receive_buffer", "4096")),
        ("#end-0", "rto_initial", "3s", True, ("A", "rto_initial", "3s")),
        ("#link-menu", "delay", "200ms", False, ("link", "delay", "200ms")),
        ("#link-menu", "delay", "80ms", True, ("link", "delay", "80ms")),
    ],
)
def test_a_setting_is_changed(
    watch: Visit, opener: str, name: str, value: str, start: bool, expected: tuple[str, str, str]
) -> None:
    page = watch("whole-life", row=6)
    page.set(opener, name, value, start=start)
    plan = page.plan()
    if start:
        assert plan["settings"] == [list(expected)]
    else:
        change = plan["changes"][0]
        assert (change["host"], change["name"], change["value"]) == expected
        assert change["action"] == "set"
    assert page.tab.locator("#difference").is_visible()
    assert page.count("#asked .chip") == 1


def test_the_cable_is_cut_and_mended(watch: Visit) -> None:
    page = watch("whole-life")
    page.to("A at 0.020 s: connected")
    page.ask_link("cut")
    assert page.marks()["changed"] + page.marks()["new"] > 0
    page.to("retransmission timer")
    page.ask_link("heal")
    assert [change["action"] for change in page.plan()["changes"]] == ["cut", "heal"]
    page.ask_link("release")
    assert page.count("#asked .chip") == 3


def test_the_scenarios_own_faults_can_be_left_out(watch: Visit) -> None:
    page = watch("syn-lost")
    page.tab.click("#own-faults")
    page.ready()
    assert page.plan()["own_faults"] is False
    assert page.marks()["gone"] > 0
    assert "without" in page.text("#asked .chip")


def test_preset_and_seed(watch: Visit) -> None:
    page = watch("fin-wait-2")
    page.view("tree")
    page.tab.select_option("#preset", "linux")
    page.ready()
    assert page.plan()["preset"] == "linux"
    assert sum(page.marks().values()) > 0
    page.tab.fill("#seed", "7")
    page.tab.press("#seed", "Enter")
    page.ready()
    assert page.plan()["seed"] == 7
    page.tab.click("#restart")
    page.ready()
    assert page.plan()["seed"] == 1


def test_what_cannot_be_played_is_said_and_the_run_stays(watch: Visit) -> None:
    page = watch("close", row=2)
    page.allowed = {400}
    title = page.text("#title")
    page.ask_segment("delay", "soon")
    assert "delay(A>B,*,1,soon)" in page.text("#error")
    assert page.text("#title") == title
    assert page.plan()["faults"] == []
    page.tab.click("#error button")
    assert page.tab.locator("#error").is_hidden()


def test_undo_redo_and_branches(visit: Visit) -> None:
    page = visit("scenario=close")
    page.to("A to B: SYN seq 0")
    page.ask_segment("drop")
    page.to("SYN ACK seq 0")
    page.ask_segment("dup", "5ms")
    assert len(page.plan()["faults"]) == 2
    page.tab.click("#undo")
    page.ready()
    assert page.plan()["faults"] == ["drop(A>B,*,1)"]
    page.tab.click("#undo")
    page.ready()
    assert page.plan()["faults"] == []
    assert page.tab.locator("#undo").is_disabled()
    page.tab.click("#redo")
    page.ready()
    page.tab.click("#redo")
    page.ready()
    assert len(page.plan()["faults"]) == 2
    assert page.tab.locator("#redo").is_disabled()
    # Another question from the first run grows a second branch; nothing is lost.
    page.view("tree")
    page.tab.click('[data-branch="1"]')
    page.ready()
    page.to("A at 0.020 s: connected")
    page.ask_end(0, "abort")
    assert page.count(".tree [data-branch]") == 4
    assert page.text('.tree [aria-current="true"]').startswith("A at 0.020 s: resets")
    page.tab.click('[data-branch="3"]')
    page.ready()
    assert len(page.plan()["faults"]) == 2


def test_the_same_question_twice_is_one_branch(visit: Visit) -> None:
    page = visit("scenario=close&row=2")
    for _ in range(2):
        page.ask_segment("drop")
        page.tab.click("#undo")
        page.ready()
    page.view("tree")
    assert page.count(".tree [data-branch]") == 2


def test_two_runs_side_by_side(watch: Visit) -> None:
    page = watch("close")
    page.to("A to B: FIN ACK")
    page.ask_segment("drop")
    page.tab.click("#compare")
    other = page.tab.locator("#other-ladder")
    other.locator(".row").first.wait_for()
    assert "close, as it is" in page.text("#other-ends .caption")
    # The same row is current on both sides, in the run beside it as well.
    page.to("A at 0.120 s: close")
    assert "close" in other.locator(".row.current .spoken").inner_text()
    other.locator(".row", has=page.tab.locator(".spoken", has_text="A at 0.020 s: connected")).click()
    assert "connected" in page.text("#ladder .row.current .spoken")
    page.tab.click("#compare-close")
    assert page.tab.locator("#other").is_hidden()
