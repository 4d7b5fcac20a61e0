"""Played plans: a bounded number of them, each played once however many ask, in a bounded number of threads.

Responsible for what is kept and for what runs at the same time.  What is made of a run stands in `document` and the
other parts that read it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from secrets import token_urlsafe
from threading import Lock
from typing import Any, Final, TypeVar, final

from synfin.errors import UsageError
from synfin.lab.plan import Plan, encode, play, to_json
from synfin.lab.scenarios import SCENARIOS
from synfin.lab.world import World
from synfin.timeline.messages import Catalog
from synfin.timeline.notes import notes_of
from synfin.timeline.run import Timeline
from synfin.timeline.world import timeline_of
from synfin.web.asked import RequestError
from synfin.web.document import SCHEMA, Story
from synfin.web.limits import JOBS_WAITING, KEPT_RECORDS, KEPT_RUNS, RUN_EVENTS, RUN_RECORDS, WORKERS

_NAME_OCTETS: Final = 9
_Result = TypeVar("_Result")


class BusyError(UsageError):
    """Too much is waiting already; the client should ask again later."""


@final
class Run:
    """What was played, or read from a capture; all its documents are made from it.

    `name` is the stem of files made of it, `about` what its JSON document says besides events; `plan` and `world` are
    None for a capture, of which `listed` says which connections it has.
    """

    def __init__(
        self,
        name: str,
        timeline: Timeline,
        about: dict[str, Any],
        *,
        plan: Plan | None = None,
        world: World | None = None,
        endless: bool = False,
        truncated: bool = False,
    ) -> None:
        self.name = name
        self.timeline = timeline
        self.about = about
        self.plan = plan
        self.world = world
        self.endless = endless
        self.truncated = truncated
        self.listed: dict[str, Any] = {}
        self.story = Story(timeline.records, timeline.hosts, timeline.labels, timeline.owned)

    @property
    def weight(self) -> int:
        """How much it takes to keep it, in records."""
        return len(self.timeline.records)

    def caption(self, texts: Catalog) -> tuple[str, tuple[str, ...]]:
        """What stands over a picture of it: a title, and lines under it."""
        if self.plan is None or self.world is None:
            return " – ".join(self.timeline.labels), ()
        scenario = SCENARIOS[self.plan.scenario]
        name = texts.text("ui.scenario", name=scenario.name, number=scenario.number)
        details = [texts.text("ui.preset", preset=self.plan.preset, seed=self.plan.seed)]
        details.extend(texts.text("ui.fault", fault=str(fault)) for fault in self.world.faults)
        return f"{name}{texts.text('ui.colon')}{texts.text(f'scenario.{scenario.name}')}", tuple(details)

    def document(self, texts: Catalog, rows: int | None = None) -> dict[str, Any]:
        """The run document, with at most so many rows."""
        document: dict[str, Any] = {
            "schema": SCHEMA, "lang": texts.language, "endless": self.endless, "truncated": self.truncated
        }  # fmt: skip
        if self.plan is not None:
            scenario = SCENARIOS[self.plan.scenario]
            document |= {
                "plan": to_json(self.plan),
                "share": encode(self.plan),
                "title": texts.text("ui.scenario", name=scenario.name, number=scenario.number),
                "about": texts.text(f"scenario.{scenario.name}"),
                "notes": notes_of(scenario, texts),
            }
        else:
            about = " – ".join(self.timeline.labels)
            notes = self.timeline.told(texts.language)
            document |= {"plan": None, "share": None, "title": "", "about": about, "notes": notes}
        return document | self.story.document(texts, rows)


def play_run(plan: Plan, *, events: int = RUN_EVENTS, records: int = RUN_RECORDS) -> Run:
    """Play a plan within the limits."""
    played = play(plan, max_events=events, max_records=records)
    world = played.world
    about = {
        "scenario": plan.scenario,
        "seed": plan.seed,
        "preset": plan.preset,
        "faults": [str(fault) for fault in world.faults],
    }
    return Run(
        plan.scenario, timeline_of(world), about, plan=plan, world=world, endless=played.endless,
        truncated=world.records_lost > 0,
    )  # fmt: skip


@final
class Runs:
    """Keeps runs by plan, and captures by a name, the least recently used go first; for several threads."""

    def __init__(self, *, kept: int = KEPT_RUNS, records: int = KEPT_RECORDS) -> None:
        self._kept = kept
        self._records = records
        self._runs: OrderedDict[Plan | str, Run] = OrderedDict()
        self._playing: dict[Plan, Future[Run]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def weight(self) -> int:
        """Records of all kept runs."""
        return sum(run.weight for run in self._runs.values())

    def get(self, plan: Plan) -> Run:
        """The run of a plan, played now if it is not kept; raises `UsageError` for one that cannot be played."""
        with self._lock:
            run = self._runs.get(plan)
            if run is not None:
                self._runs.move_to_end(plan)
                return run
            future = self._playing.get(plan)
            mine = future is None
            if future is None:
                future = self._playing[plan] = Future()
        if not mine:
            return future.result()
        try:
            run = play_run(plan)
        except BaseException as error:
            with self._lock:
                del self._playing[plan]
            future.set_exception(error)
            raise
        with self._lock:
            self._keep(plan, run)
            del self._playing[plan]
        future.set_result(run)
        return run

    def put(self, run: Run) -> str:
        """Keep a run that no plan makes; gives the name under which `capture` finds it."""
        name = token_urlsafe(_NAME_OCTETS)
        with self._lock:
            self._keep(name, run)
        return name

    def capture(self, name: str) -> Run:
        """The run that was kept under a name; raises `RequestError` where it is not kept any more."""
        with self._lock:
            run = self._runs.get(name)
            if run is None:
                raise RequestError("this capture is not kept any more; open it again", "capture", 404)
            self._runs.move_to_end(name)
        return run

    def _keep(self, key: Plan | str, run: Run) -> None:
        self._runs[key] = run
        while len(self._runs) > self._kept or (len(self._runs) > 1 and self.weight > self._records):
            self._runs.popitem(last=False)


@final
class Desk:
    """The threads that do what takes longer than a moment."""

    def __init__(self, *, workers: int = WORKERS, waiting: int = JOBS_WAITING) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="synfin-web")
        self._lock = Lock()
        self._waiting = 0
        self._limit = waiting

    async def do(self, job: Callable[[], _Result]) -> _Result:
        """The result of `job`, made in a thread; raises `BusyError` where too many wait, and what the job raises.

        A job whose client goes away counts until it has ended: threads cannot be stopped.
        """
        with self._lock:
            if self._waiting >= self._limit:
                raise BusyError("too many runs are waiting; try again in a moment")
            self._waiting += 1
        future = self._pool.submit(job)
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def _done(self, _future: Future[Any]) -> None:
        with self._lock:
            self._waiting -= 1

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)
