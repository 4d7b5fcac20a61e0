"""The run document: what the page is made of."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from synfin.lab.plan import Plan, from_json
from synfin.lab.scenarios import SCENARIOS
from synfin.timeline.messages import catalog
from synfin.web.runs import BusyError, Desk, Run, Runs, play_run
from tests.web.client import Client

FATES = {"arrived", "lost", "held", "late", "damaged", "flying", "gone"}
KINDS = {"departure", "arrival", "call", "told", "timer", "move", "rule"}


@pytest.fixture(scope="module")
def client() -> Client:
    return Client()


def flights(document: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Every flight by its number."""
    return {row["flight"]["n"]: row["flight"] for row in document["rows"] if row["flight"]}


def test_a_lost_syn_and_its_repetition(client: Client) -> None:
    document = client.run("syn-lost")
    assert document["title"] == "syn-lost (S06)"
    assert document["final"] == {"A": "ESTABLISHED", "B": "ESTABLISHED"}
    assert [host["name"] for host in document["hosts"]] == ["A", "B"]
    assert document["connections"] == [{"id": 0, "left": "10.0.0.1:40000", "right": "10.0.0.2:80"}]
    first, second = flights(document)[1], flights(document)[2]
    assert (first["flags"], first["fate"], first["t0"], first["t1"], first["ordinal"]) == (["SYN"], "lost", 0, None, 1)
    assert first["fault"] == "fault-drop"
    assert (second["again"], second["fate"], second["t0"], second["t1"]) == (1, "arrived", 10**9, 10**9 + 10**7)
    assert (second["rule"], second["rfc"]) == ("retransmit-timeout", "RFC 6298 5.4")
    assert second["from"] == "A"
    assert second["text"].startswith("A got no acknowledgment")


def test_events_tell_states_moves_and_sources(client: Client) -> None:
    rows = client.run("handshake")["rows"]
    opening = next(row["left"] for row in rows if row["left"] and row["left"]["call"] == "open")
    assert (opening["kind"], opening["before"], opening["state"], opening["connection"]) == (
        "call",
        "CLOSED",
        "SYN_SENT",
        0,
    )
    (move,) = opening["moves"]
    assert (move["from"], move["to"], move["rfc"]) == ("CLOSED", "SYN_SENT", "RFC 9293 3.10.1")
    assert move["text"] == "the application on A called connect()"
    listening = rows[0]["right"]
    assert listening["connection"] is None  # a listener belongs to no connection


def test_timers_have_words_whether_or_not_something_follows(client: Client) -> None:
    told = {
        event["text"]
        for name in ("syn-lost", "keep-alive")
        for row in client.run(name)["rows"]
        for event in (row["left"], row["right"])
        if event and event["kind"] == "timer"
    }
    assert "retransmission timer fires" in told
    assert "" not in told


def test_a_segment_in_two_parts_keeps_its_number(client: Client) -> None:
    document = client.run("simultaneous-open")
    parts = [row for row in document["rows"] if row["flight"] and row["flight"]["flags"] == ["SYN"]]
    assert len(parts) == 4
    assert len({row["flight"]["n"] for row in parts}) == 2
    for row in parts:
        assert (row["left"] is None) != (row["right"] is None)
        assert row["flight"]["t1"] == 10_000_000


def test_copies_are_told_from_first_arrivals(client: Client) -> None:
    document = client.run("handshake", faults=["dup(A>B,SYN,1)"])
    arrivals = [row["right"] for row in document["rows"] if row["right"] and row["right"]["kind"] == "arrival"]
    assert [event["copy"] for event in arrivals][:2] == [False, True]
    assert flights(document)[1]["twin"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_makes_sense(client: Client, name: str) -> None:
    document = client.run(name)
    assert [row["i"] for row in document["rows"]] == list(range(len(document["rows"])))
    assert not document["truncated"]
    last = [0, 0]
    sent = {"A": 0, "B": 0}
    for row in document["rows"]:
        assert row["left"] or row["right"]
        for side, place in (("left", 0), ("right", 1)):
            event = row[side]
            if event:
                assert event["kind"] in KINDS
                assert event["t"] >= last[place]  # each column reads downward in time
                last[place] = event["t"]
    for number, flight in sorted(flights(document).items()):
        assert flight["fate"] in FATES
        assert flight["again"] is None or flight["again"] < number
        assert (flight["t1"] is not None) or flight["fate"] != "arrived"
        if flight["ordinal"]:
            sent[flight["from"]] = max(sent[flight["from"]], flight["ordinal"])
    own = [flight for flight in flights(document).values() if not flight["foreign"]]
    assert sum(sent.values()) == len(own) == document["counts"]["segments"]


def test_chinese_texts_are_chinese(client: Client) -> None:
    english, chinese = client.run("close"), client.run("close", lang="zh")
    assert english["about"] != chinese["about"]
    assert english["rows"][0]["right"]["text"] != chinese["rows"][0]["right"]["text"]
    strip = [[(row["left"] or {}).get("t"), (row["right"] or {}).get("t")] for row in chinese["rows"]]
    assert strip == [[(row["left"] or {}).get("t"), (row["right"] or {}).get("t")] for row in english["rows"]]


def test_the_same_plan_gives_the_same_octets() -> None:
    plan = {"plan": {"scenario": "whole-life", "seed": 4, "faults": ["drop(*,*,20%)"]}}
    assert Client().post("/api/run", plan).content == Client().post("/api/run", plan).content


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "plan", "object"),
        ({"plan": []}, "plan", "object"),
        ({"plan": {"scenario": "nothing"}}, "plan.scenario", "unknown"),
        ({"plan": {"scenario": "close", "seed": "x"}}, "plan.seed", "number"),
        ({"plan": {"scenario": "close", "faults": ["drop(A>C,SYN,1)"]}}, "plan.faults[0]", "A, B"),
        ({"plan": {"scenario": "close", "faults": ["drop(A>B,SYM,1)"]}}, "plan.faults[0]", "SYN+ACK"),
        (
            {"plan": {"scenario": "close", "changes": [{"at": 1, "host": "A", "action": "x"}]}},
            "plan.changes[0].action",
            "close, shutdown",
        ),
        ({"plan": "1.nonsense"}, "plan", "no plan"),
        ({"plan": {"scenario": "close"}, "lang": "fr"}, "lang", "language"),
        ({"plan": {"scenario": "close"}, "lang": 7}, "lang", "text"),
        ({"plan": {"scenario": "close"}, "more": 1}, "more", "plan, lang"),
    ],
)
def test_mistakes_are_told(client: Client, body: dict[str, Any], field: str, words: str) -> None:
    status, told = client.refused("/api/run", body)
    assert status == 400
    assert told.get("field", "") == field
    assert words in told["error"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"[" * 60_000, 400), (b'{"plan": NaN}', 400), (b"\xff", 400), (b"[1]", 400),
        (b'{"plan": ' + b"9" * 5_000 + b"}", 400), (b" " * 70_000, 413),
    ],
)  # fmt: skip
def test_bodies_that_are_no_request(client: Client, body: bytes, status: int) -> None:
    answer = client.ask("POST", "/api/run", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["error"]


def test_a_lone_surrogate_is_no_trouble(client: Client) -> None:
    body = b'{"plan": {"scenario": "\\ud800"}}'
    answer = client.ask("POST", "/api/run", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


def test_mistakes_in_faults_are_told_in_the_language_of_the_page(client: Client) -> None:
    body = {"plan": {"scenario": "close", "faults": ["drop(A>B,SYM,1)"]}, "lang": "zh"}
    _, told = client.refused("/api/run", body)
    assert "此处应为：SYN、SYN+ACK" in told["error"]


def test_a_shared_plan_is_the_plan(client: Client) -> None:
    document = client.run("close", seed=7, faults=["drop(A>B,FIN,1)"])
    again = client.post("/api/run", {"plan": document["share"], "lang": "en"})
    assert again.json() == document


def test_too_much_to_write_is_refused(client: Client) -> None:
    change = {"at": "1s", "host": "A", "action": "write", "value": "10MB"}
    _, told = client.refused("/api/run", {"plan": {"scenario": "close", "changes": [change, change]}})
    assert "too many to write" in told["error"]


def test_variables_of_both_ends_can_be_folded_up(client: Client) -> None:
    document = client.run("handshake", changes=[{"at": "200ms", "host": "A", "action": "write", "value": "1000"}])
    folded: dict[tuple[str, int], dict[str, Any]] = {}
    for change in document["tcb"]:
        folded.setdefault((change["host"], change["connection"]), {}).update(change["set"])
    assert [change["t"] for change in document["tcb"]] == sorted(change["t"] for change in document["tcb"])
    a, b = folded["A", 0], folded["B", 0]
    assert (a["snd_una"], a["snd_nxt"], b["rcv_nxt"]) == (1_006, 1_006, 1_006)  # SYN, hello, 1000
    assert a["timers"] == []


def test_rows_come_in_pages_too(client: Client) -> None:
    plan = {"scenario": "close"}
    document = client.run("close")
    answer = client.post("/api/rows", {"plan": plan, "from": 3, "count": 4}).json()
    assert answer["rows"] == document["rows"][3:7]
    assert answer["total"] == len(document["rows"])
    short = client.post("/api/run", {"plan": plan, "rows": 2}).json()
    assert short["rows"] == document["rows"][:2]
    assert {**short, "rows": []} == {**document, "rows": []}
    assert client.post("/api/rows", {"plan": plan, "from": 10_000, "count": 4}).json()["rows"] == []
    for wrong in ({"from": -1, "count": 1}, {"from": 0, "count": "x"}, {"from": 0}, {"from": True, "count": 1}):
        client.refused("/api/rows", {"plan": plan, **wrong})


def test_a_run_without_end_is_stopped_and_says_so() -> None:
    run = play_run(from_json({"scenario": "close"}), events=20)
    document = run.document(catalog("en"))
    assert (document["endless"], document["truncated"]) == (True, False)
    short = play_run(from_json({"scenario": "close"}), records=30).document(catalog("en"))
    assert (short["endless"], short["truncated"], short["counts"]["records"]) == (False, True, 30)


def test_runs_are_kept_by_number_and_by_weight() -> None:
    runs = Runs(kept=3)
    plans = [from_json({"scenario": "close", "seed": seed}) for seed in range(5)]
    first = runs.get(plans[0])
    for plan in plans[1:3]:
        runs.get(plan)
    assert runs.get(plans[0]) is first  # used again, so it is not the oldest
    runs.get(plans[3])
    assert (len(runs), runs.get(plans[0]) is first) == (3, True)
    light = Runs(records=2 * first.weight + 1)
    for plan in plans:
        light.get(plan)
    assert (len(light), light.weight) == (2, 2 * first.weight)
    tiny = Runs(records=1)
    assert tiny.get(plans[0]) is tiny.get(plans[0])  # the last one stays, whatever it weighs


def test_a_plan_is_played_once_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    played = []
    may_go = threading.Event()

    def slow(plan: Plan) -> Run:
        played.append(plan)
        may_go.wait(20)
        return play_run(plan)

    monkeypatch.setattr("synfin.web.runs.play_run", slow)
    runs, plan = Runs(), from_json({"scenario": "close"})
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(runs.get, plan) for _ in range(4)]
        may_go.set()
        found = {id(future.result()) for future in waiting}
    assert (len(played), len(found)) == (1, 1)


def test_a_run_that_fails_fails_for_all_and_can_be_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(plan: Plan) -> Run:
        raise MemoryError

    runs, plan = Runs(), from_json({"scenario": "close"})
    with monkeypatch.context() as patch:
        patch.setattr("synfin.web.runs.play_run", broken)
        with pytest.raises(MemoryError):
            runs.get(plan)
    assert runs.get(plan).endless is False


def test_too_many_jobs_are_refused_even_when_clients_go_away() -> None:
    may_go = threading.Event()

    async def crowd() -> None:
        desk = Desk(workers=1, waiting=3)
        jobs = [asyncio.create_task(desk.do(lambda: may_go.wait(20))) for _ in range(3)]
        await asyncio.sleep(0)
        jobs[0].cancel()  # it runs already: its client has gone, its thread is still taken
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await desk.do(lambda: True)
        may_go.set()
        assert await asyncio.gather(*jobs[1:]) == [True, True]
        assert await desk.do(lambda: 5) == 5
        desk.close()

    asyncio.run(crowd())
