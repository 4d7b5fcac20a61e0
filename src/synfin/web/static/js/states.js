/**
 * The state diagram (RFC 9293 figure 5) of each end: where it is at the current row, and the way it took.
 * @module states
 */

import { h, replace, svg } from "./dom.js";
import { t } from "./i18n.js";
import { meaning } from "./rowview.js";
import { store } from "./store.js";

const BOX = { width: 106, height: 27 };
const PLACES = {
  CLOSED: [200, 22],
  LISTEN: [72, 66],
  SYN_SENT: [328, 66],
  SYN_RECEIVED: [72, 122],
  ESTABLISHED: [328, 122],
  FIN_WAIT_1: [72, 184],
  CLOSE_WAIT: [328, 184],
  FIN_WAIT_2: [72, 240],
  CLOSING: [200, 240],
  LAST_ACK: [328, 240],
  TIME_WAIT: [136, 296],
};
const END = [328, 296]; // CLOSED again, where a connection ends
const MOVES = [
  ["CLOSED", "LISTEN"],
  ["CLOSED", "SYN_SENT"],
  ["LISTEN", "SYN_RECEIVED"],
  ["LISTEN", "SYN_SENT"],
  ["SYN_SENT", "SYN_RECEIVED"],
  ["SYN_SENT", "ESTABLISHED"],
  ["SYN_RECEIVED", "ESTABLISHED"],
  ["SYN_RECEIVED", "FIN_WAIT_1"],
  ["ESTABLISHED", "FIN_WAIT_1"],
  ["ESTABLISHED", "CLOSE_WAIT"],
  ["FIN_WAIT_1", "FIN_WAIT_2"],
  ["FIN_WAIT_1", "CLOSING"],
  ["FIN_WAIT_1", "TIME_WAIT"],
  ["FIN_WAIT_2", "TIME_WAIT"],
  ["CLOSING", "TIME_WAIT"],
  ["CLOSE_WAIT", "LAST_ACK"],
  ["LAST_ACK", "END"],
  ["TIME_WAIT", "END"],
];
const SIZE = { width: 400, height: 318 };

let diagrams = [];
let moves = [[], []];

function place(name) {
  return name === "END" ? END : PLACES[name];
}

/** A line from the edge of one box to the edge of another one. */
function line(from, to) {
  const [x1, y1] = place(from);
  const [x2, y2] = place(to);
  const [start, end] = [edge(x1, y1, x2, y2, 1), edge(x2, y2, x1, y1, 5)];
  return `M${start}L${end}`;
}

function edge(x, y, toX, toY, space) {
  const [dx, dy] = [toX - x, toY - y];
  const scale = Math.min(
    dx ? (BOX.width / 2 + space) / Math.abs(dx) : Infinity,
    dy ? (BOX.height / 2 + space) / Math.abs(dy) : Infinity,
  );
  return `${(x + dx * scale).toFixed(1)} ${(y + dy * scale).toFixed(1)}`;
}

/** The way to CLOSED from a state that figure 5 does not lead there from: a reset, an abort, a time-out. */
function shortcut(from) {
  const [x, y] = PLACES[from];
  const side = x > 200 ? 1 : -1;
  const outer = 200 + side * 192;
  const start = x === 200 ? x - (side * BOX.width) / 2 : x + (side * BOX.width) / 2;
  return `M${start} ${y}C${outer} ${y} ${outer} 22 ${200 + side * (BOX.width / 2 + 5)} 22`;
}

function makeDiagram(name) {
  const edges = new Map();
  const boxes = new Map();
  const arrow = (id, kind) =>
    svg(
      "marker",
      {
        id: `${name}-${id}`,
        viewBox: "0 0 8 8",
        refX: 5,
        refY: 4,
        markerWidth: 7,
        markerHeight: 7,
        orient: "auto",
        markerUnits: "userSpaceOnUse",
      },
      svg("path", { class: `tip ${kind}`, d: "M0 0L8 4L0 8z" }),
    );
  const picture = svg(
    "svg",
    { class: "diagram", viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img" },
    svg("defs", {}, arrow("plain", ""), arrow("taken", "taken"), arrow("short", "short")),
  );
  for (const [from, to] of MOVES) {
    const path = svg("path", { class: "edge", d: line(from, to), "marker-end": `url(#${name}-plain)` });
    edges.set(`${from}>${to}`, path);
    picture.append(path);
  }
  const detour = svg("path", { class: "edge detour", "marker-end": `url(#${name}-short)`, visibility: "hidden" });
  picture.append(detour);
  for (const state of [...Object.keys(PLACES), "END"]) {
    const [x, y] = place(state);
    const label = state === "END" ? "CLOSED" : state;
    const group = svg(
      "g",
      { class: `node s-${label}` },
      svg("title", {}, meaning(label)),
      svg("rect", { x: x - BOX.width / 2, y: y - BOX.height / 2, width: BOX.width, height: BOX.height, rx: 6 }),
      svg("text", { x, y: y + 4, "text-anchor": "middle" }, label),
    );
    boxes.set(state, group);
    picture.append(group);
  }
  return { name, picture, edges, boxes, detour };
}

/** All moves of a side with the rows in which they happen. */
function movesOf(run, side) {
  const found = [];
  run.rows.forEach((row, at) => {
    const event = side ? row.right : row.left;
    for (const move of event?.moves ?? [])
      found.push({ at, from: move.from, to: move.to, connection: event.connection });
  });
  return found;
}

/** The moves up to a row of one connection, and of the listener that it came from. */
function way(run, side, position) {
  const connection = run.connectionOf(position);
  const past = moves[side].filter((move) => move.at <= position);
  const own = past.filter((move) => move.connection === connection || move.connection === null);
  return own.length ? own : past;
}

function nodeOf(move) {
  const ends = move.to === "CLOSED" && (move.from === "LAST_ACK" || move.from === "TIME_WAIT");
  return ends ? "END" : move.to;
}

function paint(diagram, run, side, position) {
  const taken = way(run, side, position);
  const host = run.hosts[side];
  const state = run.states[side][position] ?? run.initial;
  const names = [taken[0]?.from ?? state, ...taken.map((move) => move.to)];
  diagram.picture.setAttribute("aria-label", t("web.states.way", { host, way: names.join(" → ") }));
  for (const path of diagram.edges.values()) {
    path.classList.remove("taken", "newest");
    path.setAttribute("marker-end", `url(#${diagram.name}-plain)`);
  }
  for (const group of diagram.boxes.values()) group.classList.remove("seen", "here");
  diagram.detour.setAttribute("visibility", "hidden");
  diagram.boxes.get(taken.length ? taken[0].from : "CLOSED")?.classList.add("seen");
  for (const move of taken) {
    const to = nodeOf(move);
    diagram.boxes.get(to)?.classList.add("seen");
    const path = diagram.edges.get(`${move.from}>${to}`);
    if (path) {
      path.classList.add("taken");
      path.classList.toggle("newest", move.at === position);
      path.setAttribute("marker-end", `url(#${diagram.name}-taken)`);
    } else if (move.to === "CLOSED" && PLACES[move.from]) {
      diagram.detour.setAttribute("d", shortcut(move.from));
      diagram.detour.setAttribute("visibility", "visible");
    }
  }
  const last = taken[taken.length - 1];
  const here = last && last.to === state ? nodeOf(last) : state;
  diagram.boxes.get(here)?.classList.add("here");
}

function figure(run, side) {
  const host = run.hosts[side];
  return h(
    "figure",
    { class: "states-of" },
    h("figcaption", {}, h("b", {}, host), " ", h("span", { class: "state-now" }), " ", h("span", { class: "quiet" })),
    diagrams[side].picture,
  );
}

/** @type {import("./tabs.js").View} */
export const statesView = {
  name: "states",
  draw(panel, topic) {
    const { run, position } = store;
    if (topic !== "position" || diagrams.length === 0) {
      diagrams = [makeDiagram("left"), makeDiagram("right")];
      moves = [movesOf(run, 0), movesOf(run, 1)];
      replace(panel, figure(run, 0), figure(run, 1));
    }
    panel.querySelectorAll(".states-of").forEach((element, side) => {
      const state = run.states[side][position] ?? run.initial;
      element.querySelector(".state-now").textContent = state;
      element.querySelector(".quiet").textContent = meaning(state);
      paint(diagrams[side], run, /** @type {0|1} */ (side), position);
    });
  },
};
