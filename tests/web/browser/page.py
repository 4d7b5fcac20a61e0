"""What tests do with the page, in the words of its users; every error in it is kept and fails the test."""

from __future__ import annotations

from pathlib import Path
from typing import Any, final

TIMEOUT_MS = 15_000
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
# A violation of the content security policy is an error of the console, too; this names it.
WATCH_POLICY = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"""
READY = "() => document.documentElement.dataset.ready !== undefined && document.getElementById('progress').hidden"


@final
class Page:
    """One page in a context of its own.

    `allowed`: HTTP status codes that the test provokes.
    """

    def __init__(self, context: Any, address: str) -> None:
        self.context = context
        self.address = address
        self.allowed: set[int] = set()
        self.troubles: list[str] = []
        context.set_default_timeout(TIMEOUT_MS)
        context.add_init_script(WATCH_POLICY)
        self.tab = context.new_page()
        self.tab.on("console", self._console)
        self.tab.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.tab.on("requestfailed", self._failed)
        self.tab.on("response", self._response)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning") and not (self.allowed and "status of" in message.text):
            self.troubles.append(f"console: {message.text}")

    def _failed(self, request: Any) -> None:
        # A request for a row that is not current any more is taken back by the page itself.
        if request.failure != "net::ERR_ABORTED":
            self.troubles.append(f"failed: {request.url} {request.failure}")

    def _response(self, response: Any) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.troubles.append(f"status {response.status}: {response.url}")

    def open(self, fragment: str = "") -> None:
        """Go to the page and wait until it has played its run."""
        self.tab.goto(f"{self.address}#{fragment}" if fragment else self.address)
        self.ready()

    def watch(self, scenario: str, row: int = 0) -> Page:
        """Begin a scenario anew in the page that is open."""
        self.tab.keyboard.press("Escape")
        begin = "([plan, row]) => import('./js/store.js').then(({ store }) => store.begin(plan, { row }))"
        self.tab.evaluate(begin, [{"scenario": scenario}, row])
        self.ready()
        return self

    def view(self, name: str) -> None:
        """Show one of the views beside the ladder; it is drawn with the next frame."""
        self.tab.click(f"#tab-{name}")
        self.tab.wait_for_selector(f"#panel-{name} > *")
        self.frame()

    def frame(self) -> None:
        """Wait until everything that waits for a frame is drawn."""
        self.tab.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")

    def close(self) -> list[str]:
        """Leave; gives what went wrong."""
        self.context.close()
        return self.troubles

    def ready(self) -> None:
        """Wait until nothing is being played."""
        self.tab.wait_for_function(READY)

    # What is there

    def text(self, selector: str) -> str:
        """The text of an element, without spaces around it."""
        return str(self.tab.locator(selector).first.inner_text()).strip()

    def count(self, selector: str) -> int:
        """How many elements there are."""
        return int(self.tab.locator(selector).count())

    def rows(self) -> int:
        """How many rows the run has."""
        return int(self.tab.evaluate("Number(document.getElementById('scrub').max) + 1"))

    def row(self) -> int:
        """The current row, from 0."""
        return int(self.tab.evaluate("Number(document.getElementById('scrub').value)"))

    def marks(self) -> dict[str, int]:
        """What the line about differences says, by kind; nothing where it is not shown."""
        counts = "() => import('./js/store.js').then(({ store }) => store.difference?.counts ?? {})"
        return dict(self.tab.evaluate(counts))

    def plan(self) -> dict[str, Any]:
        """The plan of the run in view."""
        return dict(self.tab.evaluate("() => import('./js/store.js').then(({ store }) => store.branch.plan)"))

    # What is done

    def choose(self, scenario: str) -> None:
        """Choose a scenario as a user does."""
        self.tab.click("#choose")
        self.tab.click(f'[data-scenario="{scenario}"]')
        self.ready()

    def go(self, row: int) -> None:
        """Make a row the current one by the slider."""
        self.tab.evaluate(
            """(row) => {
              const slider = document.getElementById("scrub");
              slider.value = row;
              slider.dispatchEvent(new Event("input", { bubbles: true }));
            }""",
            row,
        )

    def to(self, words: str) -> int:
        """Go to the first row of which a screen reader says something with these words; gives its number."""
        while True:
            found = self.tab.locator("#ladder .row", has=self.tab.locator(".spoken", has_text=words))
            numbers = [int(row.get_attribute("data-row")) for row in found.all()]
            if numbers:
                self.go(min(numbers))
                return min(numbers)
            before = self.row()
            self.go(before + 5)
            assert self.row() > before, f"no row says {words!r}"

    def ask_segment(self, action: str, amount: str = "") -> None:
        """What if the current segment ...: with the mouse."""
        self.tab.click("#ladder .current .pill")
        self._ask(action, amount)

    def ask_end(self, side: int, action: str, amount: str = "") -> None:
        """What if an end, at the current instant, ..."""
        self.tab.click(f"#end-{side}")
        self._ask(action, amount)

    def ask_link(self, action: str) -> None:
        """What if the cable, at the current instant, ..."""
        self.tab.click("#link-menu")
        self._ask(action, "")

    def _ask(self, action: str, amount: str) -> None:
        if amount:
            self.tab.fill(f'.menu [data-amount="{action}"]', amount)
        self.tab.click(f'.menu [data-act="{action}"]')
        self.ready()

    def set(self, opener: str, name: str, value: str, *, start: bool) -> None:
        """Change a setting in the menu that `opener` opens."""
        self.tab.click(opener)
        self.tab.select_option(".menu .setting-name", name)
        field = self.tab.locator(".menu .setting-value > *")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
        self.tab.click(f'.menu [data-act="{"setting" if start else "set"}"]')
        self.ready()

    def inaccessible(self, part: str = "html") -> list[str]:
        """Serious and critical findings of axe in a part of the page."""
        if not self.tab.evaluate("() => Boolean(window.axe)"):
            self.tab.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.tab.evaluate("(part) => axe.run(part, { resultTypes: ['violations'] })", part)
        return [
            f"{entry['id']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
            for entry in found["violations"]
            if entry["impact"] in ("serious", "critical")
            for node in entry["nodes"]
        ]
