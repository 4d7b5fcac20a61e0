/**
 * Moving through time: the slider, single steps, and playing.
 * @module scrub
 */

import { byId, h, replace } from "./dom.js";
import { clock, t } from "./i18n.js";
import { icon } from "./icons.js";
import { store } from "./store.js";

const STEP_MS = 900; // one row, at speed 1
const SPEEDS = [0.5, 1, 2, 5, 20, 100];
const FRAME_MS = 40; // faster than this, several rows go at once

let playing = null;

/** Whether rows go by by themselves. */
export function isPlaying() {
  return playing !== null;
}

/** Start playing, from the beginning where the end was reached; or stop. */
export function togglePlay() {
  if (playing) stop();
  else if (store.run?.length) play();
}

/** @param {number} rows */
export function step(rows) {
  stop();
  store.go(store.position + rows);
}

function play() {
  if (store.position >= store.run.length - 1) store.go(0, { playing: true });
  const speed = Number(/** @type {HTMLSelectElement} */ (byId("speed")).value) || 1;
  const wait = Math.max(FRAME_MS, STEP_MS / speed);
  const rows = Math.max(1, Math.round((FRAME_MS * speed) / STEP_MS));
  playing = setInterval(() => {
    store.go(store.position + rows, { playing: true });
    if (store.position >= store.run.length - 1) stop();
  }, wait);
  label();
}

function stop() {
  if (!playing) return;
  clearInterval(playing);
  playing = null;
  label();
  store.go(store.position);
}

function label() {
  const button = byId("play");
  const text = t(playing ? "web.pause" : "web.play");
  button.replaceChildren(icon(playing ? "pause" : "play"));
  button.setAttribute("aria-label", text);
  button.title = text;
}

/** Connect the controls under the ladder. */
export function startScrub() {
  const slider = /** @type {HTMLInputElement} */ (byId("scrub"));
  const speed = /** @type {HTMLSelectElement} */ (byId("speed"));
  replace(
    speed,
    SPEEDS.map((value) => h("option", { value, selected: value === 1 }, `${value}×`)),
  );
  const presses = {
    first: () => step(-Infinity),
    back: () => step(-1),
    next: () => step(1),
    last: () => step(Infinity),
  };
  for (const [id, press] of Object.entries(presses)) byId(id).addEventListener("click", press);
  byId("play").addEventListener("click", togglePlay);
  speed.addEventListener("change", () => {
    if (playing) {
      stop();
      play();
    }
  });
  slider.addEventListener("input", () => {
    stop();
    store.go(Number(slider.value));
  });
  store.on("run", ({ stays }) => {
    if (!stays) stop();
    slider.max = String(Math.max(0, store.run.length - 1));
  });
  store.on("grown", () => {
    slider.max = String(Math.max(0, store.run.length - 1));
  });
  store.on("catalog", label);
  store.on("position", ({ row }) => {
    const time = t("web.clock", { time: clock(store.run.instants[row] ?? 0) });
    slider.value = String(row);
    slider.setAttribute("aria-valuetext", t("web.scrub.at", { row: row + 1, rows: store.run.length, time }));
    byId("clock").textContent = time;
    /** @type {HTMLButtonElement} */ (byId("back")).disabled = row === 0;
    /** @type {HTMLButtonElement} */ (byId("first")).disabled = row === 0;
    /** @type {HTMLButtonElement} */ (byId("next")).disabled = row >= store.run.length - 1;
    /** @type {HTMLButtonElement} */ (byId("last")).disabled = row >= store.run.length - 1;
  });
}
