"""How fast the page is in a browser: `python -m bench.web_page [MEGABYTES]`.

Starts `synfin web` on a free port and opens it in headless Chromium (Playwright).  First paint, and the time until the
first run is on the screen, are the browser's own figures (Performance API, from the start of the navigation): the
median of several visits with an empty cache.  Then a run of 10 MB, some 10,000 segments, is scrubbed: in every frame
the slider goes to another place, far and near, and the time between two frames is taken, and with it the longest task
that the browser counts.  State diagrams, control blocks and plots are in view in turn, as they follow the ladder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from bench.web import plan

VISITS = 5
FRAMES = 240
DEFAULT_MEGABYTES = 10
VIEWS = ("states", "blocks", "plots")
READY = "() => document.documentElement.dataset.ready !== undefined && document.getElementById('progress').hidden"
PAINTED = """() => ({
  paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  ready: performance.now(),
})"""
PLAY = """async (plan) => {
  const { store } = await import("./js/store.js");
  const start = performance.now();
  await store.begin(plan);
  return { ms: performance.now() - start, rows: store.run.length, segments: store.run.doc.counts.segments };
}"""
SCRUB = """async (frames) => {
  const slider = document.getElementById("scrub");
  const last = Number(slider.max);
  const times = [];
  let longest = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) longest = Math.max(longest, task.duration);
  }).observe({ type: "longtask" });
  let before = await new Promise(requestAnimationFrame);
  for (let frame = 0; frame < frames; frame += 1) {
    // Three quarters as somebody drags, one quarter to anywhere: the golden ratio visits all of it.
    const at = frame % 4 ? Math.round((last * frame) / frames) : Math.round(last * ((frame * 0.618034) % 1));
    slider.value = at;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    const now = await new Promise(requestAnimationFrame);
    times.push(now - before);
    before = now;
  }
  await new Promise((settled) => setTimeout(settled, 50));
  return { times, longest };
}"""


def measure(browser: Any, address: str, megabytes: int) -> dict[str, float]:
    """All figures by name with the unit."""
    visits = []
    for _ in range(VISITS):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        tab = context.new_page()
        tab.goto(address)
        tab.wait_for_function(READY)
        visits.append(tab.evaluate(PAINTED))
        context.close()
    found = {"first paint ms": median(visit["paint"] for visit in visits)}
    found["first run ms"] = median(visit["ready"] for visit in visits)
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    tab.set_default_timeout(120_000)
    tab.goto(address)
    tab.wait_for_function(READY)
    played = tab.evaluate(PLAY, plan(megabytes))
    found |= {"segments": played["segments"], "rows": played["rows"], "load ms": played["ms"]}
    for view in VIEWS:
        tab.click(f"#tab-{view}")
        tab.wait_for_selector(f"#panel-{view} > *")
        if view == "plots":
            tab.wait_for_selector(".plot canvas")
        scrubbed = tab.evaluate(SCRUB, FRAMES)
        times = sorted(scrubbed["times"])
        found[f"{view}: median frame ms"] = median(times)
        found[f"{view}: longest frame ms"] = times[-1]
        found[f"{view}: longest task ms"] = scrubbed["longest"]
    tab.close()
    return found


def main() -> None:
    """Print the figures."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("SYNFIN_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_MEGABYTES
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")}
    command = [sys.executable, "-m", "synfin", "web", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=chromium, args=["--headless=new", "--no-sandbox", "--disable-gpu"]
                )
                for name, value in measure(browser, address, megabytes).items():
                    print(f"{name:30} {value:,.1f}")
                browser.close()
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
