/**
 * One row of a ladder as elements: a segment between the two ends, or a step at one of them.
 *
 * Responsible for how a row looks.  Loss, repetition, copy and delay are told by stroke, symbol and word; colour only
 * adds.  Which rows are drawn, and where, is `ladder`'s affair.
 * @module rowview
 */

import { h, svg } from "./dom.js";
import { clock, has, lang, number, span, t } from "./i18n.js";
import { icon } from "./icons.js";
import { HEIGHT } from "./run.js";

const BAND = 8; // width of a state bar
const HEAD = 7; // length of an arrow's head
const FROM_Y = 30;
const TO_Y = 39;
const STEP_Y = 20;
const LOST_REACH = 0.72; // how far a lost segment gets
const PART_REACH = 0.42; // how long each half of a segment in two parts is

const FATE_ICONS = { lost: "lost", damaged: "damaged", late: "late", held: "late" };
const STEP_ICONS = { timer: "late" };

/**
 * What a row is drawn with.
 * @typedef {Object} Frame
 * @property {import("./run.js").Run} run
 * @property {number} width of the ladder, pixels
 * @property {number} lane of one column, pixels
 * @property {?Object<number, string>} marks `new`, `changed` or `gone` by row
 * @property {?Object<number, number>} shifts how much later than in the other run, ns, by row
 * @property {string} name of the ladder, for ids
 */

/**
 * What is special about a segment, in words: each with the icon and the class that go with it.
 * @param {import("./run.js").Row} row
 * @returns {{word: string, icon: string, kind: string}[]}
 */
export function tags(row) {
  const { flight } = row;
  const found = [];
  const arrival = [row.left, row.right].find((event) => event?.kind === "arrival");
  const departure = [row.left, row.right].find((event) => event?.kind === "departure");
  if (flight.foreign) found.push({ word: t("ui.foreign"), icon: "bolt", kind: "foreign" });
  if (flight.again !== null && !flight.foreign) found.push({ word: t("ui.again"), icon: "again", kind: "again" });
  if (arrival?.copy && !departure) found.push({ word: t("ui.copy"), icon: "copy", kind: "copy" });
  else if (flight.twin && departure) found.push({ word: t("ui.twin"), icon: "copy", kind: "copy" });
  const { fate } = flight;
  if (FATE_ICONS[fate]) {
    const word = fate === "late" && !flight.fault ? "ui.flying" : `ui.${fate}`;
    found.push({ word: t(fate === "held" && !departure ? "ui.released" : word), icon: FATE_ICONS[fate], kind: fate });
  }
  return found;
}

/**
 * The numbers of a segment as they stand on its arrow.
 * @param {Object} flight
 */
export function numbers(flight) {
  const parts = [`seq ${number(flight.rel_seq)}`];
  if (flight.rel_ack !== null) parts.push(`ack ${number(flight.rel_ack)}`);
  if (flight.len) parts.push(`len ${number(flight.len)}`);
  return parts.join("  ");
}

/** What an event is called, and the reason for it; one of them may be empty. */
function wordsOf(event) {
  const reason = event.moves[0]?.text || event.rules[0]?.text || "";
  const timer = event.kind === "timer" && has(`timer.${event.call}`) ? t(`timer.${event.call}`) : "";
  const what = event.text || timer;
  return what ? [what, reason] : [reason || event.rules[0]?.rule || event.moves[0]?.why || "", ""];
}

/**
 * What a screen reader says of a row.
 * @param {Frame} frame
 * @param {number} at
 */
export function spoken(frame, at) {
  const { run } = frame;
  const row = run.rows[at];
  const parts = [];
  if (run.gaps[at]) parts.push(t("ui.gap", { time: span(run.gaps[at]) }));
  if (row.flight) {
    const { flight } = row;
    const flags = flight.flags.join(" ") || t("web.row.no_flags");
    parts.push(t("web.row.flight", { from_: flight.from, to: flight.to, flags, numbers: numbers(flight) }));
    parts.push(...tags(row).map((tag) => tag.word));
    if (flight.text) parts.push(flight.text);
  }
  [row.left, row.right].forEach((event, side) => {
    if (!event) return;
    const host = run.hosts[side];
    const told = row.flight ? [] : wordsOf(event).filter(Boolean);
    const state = event.state === "?" ? [] : [event.state];
    parts.push(t("web.row.end", { host, time: clock(event.t), what: [...told, ...state].join(" ") }));
  });
  const mark = frame.marks?.[at];
  if (mark) parts.push(t(`web.mark.${mark}`));
  return parts.join(lang() === "zh" ? "；" : "; ");
}

/**
 * The element of a row.
 * @param {Frame} frame
 * @param {number} at
 * @returns {HTMLElement}
 */
export function drawRow(frame, at) {
  const row = frame.run.rows[at];
  const { run } = frame;
  const mark = frame.marks?.[at];
  const gap = run.gaps[at] ? HEIGHT.gap : 0;
  const height = run.offsets[at + 1] - run.offsets[at];
  const element = h("div", {
    class: `row ${row.flight ? "row-flight" : "row-step"}${mark ? ` mark-${mark}` : ""}`,
    role: "option",
    id: `${frame.name}-${at}`,
    "aria-posinset": at + 1,
    "aria-setsize": run.length,
    data: { row: at },
  });
  element.append(h("span", { class: "visually-hidden spoken" }, spoken(frame, at)));
  element.style.transform = `translateY(${run.offsets[at]}px)`;
  element.style.height = `${height}px`;
  const picture = svg("svg", {
    class: "picture",
    width: frame.width,
    height,
    "aria-hidden": "true",
    focusable: "false",
  });
  element.append(picture);
  if (gap) drawGap(frame, at, element, picture);
  const box = h("div", { class: "cells", "aria-hidden": "true" });
  box.style.top = `${gap}px`;
  element.append(box);
  drawBands(frame, at, picture, gap, height);
  if (row.flight) drawFlight(frame, row, box, picture, gap);
  else drawStep(frame, row, box, picture, gap);
  drawLanes(frame, at, box);
  if (mark) box.append(h("span", { class: `badge badge-${mark}`, title: t(`web.mark.${mark}`) }, SIGNS[mark]));
  return element;
}

const SIGNS = { new: "+", changed: "≠", gone: "−" };

/** The places of the two state bars. */
function edges(frame) {
  return [frame.lane, frame.width - frame.lane];
}

function drawGap(frame, at, element, picture) {
  const [left, right] = edges(frame);
  picture.append(
    svg("line", { class: "gap-line", x1: left + BAND, x2: right - BAND, y1: HEIGHT.gap / 2, y2: HEIGHT.gap / 2 }),
  );
  element.append(h("span", { class: "gap", "aria-hidden": "true" }, t("ui.gap", { time: span(frame.run.gaps[at]) })));
}

/** The state of each end, as a bar that changes its colour where the state changes. */
function drawBands(frame, at, picture, gap, height) {
  const row = frame.run.rows[at];
  const [left, right] = edges(frame);
  [row.left, row.right].forEach((event, side) => {
    const x = side === 0 ? left - BAND / 2 : right - BAND / 2;
    const after = frame.run.states[side][at];
    const before = at ? frame.run.states[side][at - 1] : frame.run.initial;
    let y = gap + STEP_Y;
    if (row.flight && event) y = gap + (event.kind === "departure" ? FROM_Y : TO_Y);
    if (before === after) y = 0;
    else picture.append(svg("rect", { class: `band s-${before}`, x, y: 0, width: BAND, height: y }));
    picture.append(svg("rect", { class: `band s-${after}`, x, y, width: BAND, height: height - y }));
    if (before !== after) picture.append(svg("rect", { class: "cut", x: x - 3, y: y - 1, width: BAND + 6, height: 2 }));
  });
}

/** Time and, where it changes, state of each end. */
function drawLanes(frame, at, box) {
  const row = frame.run.rows[at];
  const shift = frame.shifts?.[at];
  [row.left, row.right].forEach((event, side) => {
    if (!event) return;
    const before = at ? frame.run.states[side][at - 1] : "";
    const state = event.state === "?" ? "" : event.state;
    const fresh = state && (state !== before || event.moves.length > 0);
    const lane = h(
      "div",
      { class: `lane lane-${side ? "right" : "left"}` },
      h(
        "span",
        { class: "time" },
        clock(event.t),
        shift && (side === 0 || !row.left) && h("small", {}, ` ${later(shift)}`),
      ),
      state && (fresh || row.flight) && h("span", { class: fresh ? `state fresh s-${state}` : "state" }, state),
    );
    lane.style.width = `${frame.lane - BAND - 2}px`;
    box.append(lane);
  });
}

/** How much later than in the other run, or earlier. */
function later(shift) {
  return `${shift < 0 ? "−" : "+"}${span(Math.abs(shift))}`;
}

function drawStep(frame, row, box, picture, gap) {
  const side = row.left ? 0 : 1;
  const event = row.left ?? row.right;
  const x = edges(frame)[side];
  picture.append(svg("circle", { class: `dot dot-${event.kind}`, cx: x, cy: gap + STEP_Y, r: 5 }));
  const [what, why] = wordsOf(event);
  const label = h(
    "div",
    { class: `step step-${event.kind} side-${side ? "right" : "left"}` },
    STEP_ICONS[event.kind] && icon(STEP_ICONS[event.kind]),
    h("span", { class: "what" }, what),
    why && h("span", { class: "why" }, why),
  );
  inset(frame, label);
  box.append(label);
}

function inset(frame, element) {
  element.style.left = `${frame.lane + BAND + 6}px`;
  element.style.right = `${frame.lane + BAND + 6}px`;
}

function drawFlight(frame, row, box, picture, gap) {
  const { flight } = row;
  const rightward = flight.from === frame.run.hosts[0];
  const found = tags(row);
  const label = h(
    "div",
    { class: `segment side-${rightward ? "left" : "right"}` },
    h(
      "span",
      { class: "pill", data: { open: "" } },
      h("b", {}, flight.flags.join(" ") || "–"),
      h("span", { class: "numbers" }, numbers(flight)),
    ),
    found.map((tag) => h("span", { class: `tag tag-${tag.kind}` }, icon(tag.icon), tag.word)),
  );
  inset(frame, label);
  box.append(label);
  const reason = flight.text || row.left?.rules[0]?.text || row.right?.rules[0]?.text;
  if (reason) {
    const under = h("div", { class: `reason side-${rightward ? "left" : "right"}` }, reason);
    inset(frame, under);
    box.append(under);
  }
  drawArrow(frame, row, picture, gap, rightward, found);
}

function drawArrow(frame, row, picture, gap, rightward, found) {
  const { flight } = row;
  const sender = rightward ? row.left : row.right;
  const receiver = rightward ? row.right : row.left;
  const departs = sender?.kind === "departure";
  const arrives = receiver?.kind === "arrival";
  const [left, right] = edges(frame);
  const start = rightward ? left + BAND / 2 : right - BAND / 2;
  const end = rightward ? right - BAND / 2 : left + BAND / 2;
  const at = (share) => [start + (end - start) * share, gap + FROM_Y + (TO_Y - FROM_Y) * share];
  let [from, to] = [0, 1];
  if (departs && !arrives) to = flight.fate === "lost" || flight.fate === "damaged" ? LOST_REACH : PART_REACH;
  if (!departs && arrives) from = 1 - PART_REACH;
  const group = svg("g", { class: `arrow ${found.map((tag) => `a-${tag.kind}`).join(" ")}` });
  const [x1, y1] = at(from);
  const [x2, y2] = at(to);
  group.append(svg("line", { class: "hit", x1, y1, x2, y2, "data-open": "" }));
  group.append(svg("line", { class: "stroke", x1, y1, x2: to === 1 ? x2 - Math.sign(end - start) * 2 : x2, y2 }));
  if (to === 1) group.append(head(x2, y2, Math.sign(end - start)));
  else if (flight.fate === "lost") group.append(cross(x2, y2));
  else if (flight.fate === "damaged") group.append(flash(x2, y2));
  else group.append(partNumber(x2, y2, flight.n));
  if (from > 0) group.append(partNumber(x1, y1, flight.n));
  picture.append(group);
}

function head(x, y, way) {
  const back = x - way * HEAD;
  return svg("path", { class: "head", d: `M${x} ${y}L${back} ${y - 4.5}L${back} ${y + 3}z` });
}

function cross(x, y) {
  return svg("path", { class: "cross", d: `M${x - 6} ${y - 6}L${x + 6} ${y + 6}M${x + 6} ${y - 6}L${x - 6} ${y + 6}` });
}

function flash(x, y) {
  return svg("path", {
    class: "flash",
    d: `M${x + 1} ${y - 8}L${x - 5} ${y + 1}H${x}L${x - 1} ${y + 8}L${x + 5} ${y - 1}H${x}z`,
  });
}

/** The two parts of a segment carry the same number. */
function partNumber(x, y, n) {
  return svg(
    "g",
    { class: "part" },
    svg("circle", { cx: x, cy: y, r: 9 }),
    svg("text", { x, y: y + 3.5, "text-anchor": "middle" }, n),
  );
}

/**
 * The meaning of a state, where the catalog has it.
 * @param {string} state
 */
export function meaning(state) {
  return has(`state.${state}`) ? t(`state.${state}`) : "";
}
