/**
 * Numbers over time, drawn by uPlot: sequence numbers, windows, round-trip times, throughput, octets in flight.
 *
 * Responsible for asking for the series, for the charts, and for the line that shows where in time the ladder is; what
 * a chart shows is described in `charts`.
 * @module plots
 */

import uPlot from "../vendor/uPlot.esm.js";
import { post } from "./api.js";
import { CHARTS } from "./charts.js";
import { h, perFrame, replace } from "./dom.js";
import { number, t } from "./i18n.js";
import { store } from "./store.js";

const HEIGHT = 210;
const SECOND = 1e9;

let chosen = null; // the host that somebody chose
let charts = [];
let shown = "";
let request = null;
let series = null;

/** The colours of the page, as a canvas needs them. */
function palette(panel) {
  const probe = h("span", { hidden: true });
  panel.append(probe);
  const names = ["text", "dim", "line", "blue", "orange", "green", "purple", "vermillion", "sky"];
  const found = {};
  for (const name of names) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}

function axis(colours, more) {
  return {
    stroke: colours.dim,
    grid: { stroke: colours.line, width: 1 },
    ticks: { stroke: colours.line, width: 1 },
    font: "11px system-ui, sans-serif",
    ...more,
  };
}

function options(chart, colours, width) {
  return {
    width,
    height: HEIGHT,
    legend: { live: true },
    cursor: { y: false, points: { size: 5 }, drag: { x: true, y: false } },
    scales: {
      x: { time: false },
      y: { range: (_, low, high) => [Math.min(0, low), (chart.top?.(series, high) ?? high) * 1.06 || 1] },
    },
    series: [
      { label: t("plot.time"), value: (_, value) => (value === null ? "–" : value.toFixed(3)) },
      ...chart.lines(colours).map((line) => ({
        ...line,
        label: t(line.label),
        value: (_, value) => (value === null || value === undefined ? "–" : number(Math.round(value))),
      })),
    ],
    axes: [axis(colours, { size: 30 }), axis(colours, { size: 64, values: (_, ticks) => ticks.map(compact) })],
    hooks: { draw: [(plot) => chart.draw?.(plot, series, colours), follow] },
  };
}

function compact(value) {
  for (const [size, unit] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ]) {
    if (Math.abs(value) >= 10 * size || (Math.abs(value) >= size && value % size === 0))
      return `${+(value / size).toFixed(1)}${unit}`;
  }
  return String(+value.toFixed(3));
}

/** A click in a chart moves the ladder to that instant. */
function jumps(plot) {
  let start = 0;
  plot.over.addEventListener("pointerdown", (event) => {
    start = event.clientX;
  });
  plot.over.addEventListener("click", (event) => {
    if (Math.abs(event.clientX - start) > 3) return;
    const { left } = plot.over.getBoundingClientRect();
    store.go(store.run.rowAt(plot.posToVal(event.clientX - left, "x") * SECOND));
  });
}

function drawChart(panel, chart, colours, width) {
  const figure = h(
    "figure",
    { class: "plot", role: "group", "aria-label": t(chart.title) },
    h("figcaption", {}, t(chart.title, { bin: `${(series.throughput.bin_s * 1000).toFixed(0)} ms` })),
  );
  panel.append(figure);
  const plot = new uPlot(options(chart, colours, width), chart.data(series), figure);
  const now = h("div", { class: "plot-now" });
  plot.over.append(now);
  jumps(plot);
  charts.push({ plot, now });
}

function follow() {
  const seconds = (store.run?.instants[store.position] ?? 0) / SECOND;
  for (const { plot, now } of charts) {
    const place = plot.valToPos(seconds, "x");
    now.hidden = !(place >= 0 && place <= plot.over.clientWidth);
    now.style.transform = `translateX(${place}px)`;
  }
}

function hostChoice(panel) {
  const { hosts } = store.run;
  const select = h(
    "select",
    { id: "plot-host", "aria-label": t("web.plots.host") },
    hosts.map((host) => h("option", { value: host, selected: host === series?.host }, t("web.plots.of", { host }))),
  );
  select.addEventListener("change", () => {
    chosen = select.value;
    load(panel);
  });
  return h("p", { class: "plot-choice" }, select);
}

function drawAll(panel) {
  clear();
  const focused = document.activeElement?.id === "plot-host";
  const counts = t("plot.counts", {
    sent: number(series.sent_bytes),
    acknowledged: number(series.acknowledged_bytes),
    resent: number(series.retransmitted_segments),
    lost: number(series.lost_segments),
  });
  replace(panel, hostChoice(panel), h("p", { class: "plot-text" }, counts));
  const colours = palette(panel);
  const width = Math.max(260, panel.clientWidth - 36);
  const present = CHARTS.filter((chart) => chart.data(series)[0].length > 1);
  for (const chart of present) drawChart(panel, chart, colours, width);
  if (!present.length) panel.append(h("p", { class: "quiet" }, t("web.plots.none")));
  if (focused) panel.querySelector("select").focus();
  follow();
}

function clear() {
  for (const { plot } of charts) plot.destroy();
  charts = [];
}

async function ask(host) {
  return post("api/series", { ...store.subject, host }, request.signal);
}

/** The series of the host that was chosen; else of the one that sends more. */
async function load(panel) {
  request?.abort();
  request = new AbortController();
  const subject = JSON.stringify(store.subject);
  try {
    const { hosts } = store.run;
    const wanted = chosen ? [chosen] : hosts;
    const answers = await Promise.allSettled(wanted.map(ask));
    const found = answers.filter((answer) => answer.status === "fulfilled").map((answer) => answer.value);
    if (request.signal.aborted || subject !== JSON.stringify(store.subject)) return;
    if (!found.length) throw answers[0].reason;
    series = found.reduce((one, other) => (other.sent_bytes > one.sent_bytes ? other : one));
    drawAll(panel);
  } catch (error) {
    if (error.name === "AbortError") return;
    clear();
    series = null;
    replace(panel, hostChoice(panel), h("p", { class: "quiet" }, error.message || t("web.plots.none")));
  }
}

let observer = null;

function watchWidth(panel) {
  if (observer) return;
  let width = 0;
  observer = new ResizeObserver(
    perFrame(() => {
      if (!panel.clientWidth || panel.clientWidth === width) return;
      width = panel.clientWidth;
      for (const { plot } of charts) plot.setSize({ width: Math.max(260, width - 36), height: HEIGHT });
      follow();
    }),
  );
  observer.observe(panel);
}

/** @type {import("./tabs.js").View} */
export const plotsView = {
  name: "plots",
  draw(panel, topic) {
    watchWidth(panel);
    const key = JSON.stringify([store.subject, store.lang]);
    if (!store.subject) {
      clear();
      shown = key;
      replace(panel, h("p", { class: "quiet" }, t("web.plots.live")));
    } else if (key !== shown) {
      shown = key;
      if (topic === "run") chosen = null;
      load(panel);
    } else if (topic === "theme" && series) drawAll(panel);
    else follow();
  },
};
