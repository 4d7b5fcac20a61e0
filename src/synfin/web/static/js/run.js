/**
 * One run, as the server told it, made ready for questions: which instant is a row, what was in a control block then.
 *
 * Responsible for reading the run document; it changes nothing and draws nothing.
 * @module run
 */

import { GAP_NS } from "./i18n.js";

/** Every so many changes the control blocks are kept whole, so that going back need not start from the first. */
const CHECKPOINT = 512;
/** Heights of rows, pixels. */
export const HEIGHT = { flight: 64, step: 40, gap: 30 };

/**
 * @typedef {Object} Row
 * @property {number} i
 * @property {?Object} left what happened at the left end
 * @property {?Object} right what happened at the right end
 * @property {?Object} flight the segment
 */

/** A run document with indexes. */
export class Run {
  /** @param {Object} doc the run document of `POST /api/run` */
  constructor(doc) {
    this.doc = doc;
    /** @type {Row[]} */
    this.rows = [];
    this.hosts = doc.hosts.map((host) => host.name);
    this.labels = doc.hosts.map((host) => host.label);
    /** Latest instant of each column up to and including a row, and of both. */
    this.sides = [[], []];
    this.instants = [];
    /** The state of each column after a row, empty where nobody knows it, and before the first row. */
    this.initial = doc.plan ? "CLOSED" : "";
    this.states = [[], []];
    this.offsets = [0];
    this.gaps = [];
    this.departures = new Map();
    this.arrivals = new Map();
    this.add(doc.rows);
    this.tcb = new Blocks(doc.tcb);
  }

  /** How many rows there are. */
  get length() {
    return this.rows.length;
  }

  /**
   * More rows, at the end: a live run grows.
   * @param {Row[]} rows
   */
  add(rows) {
    for (const row of rows) {
      const at = this.rows.length;
      this.rows.push(row);
      const events = [row.left, row.right];
      for (const side of [0, 1]) {
        const before = at ? this.sides[side][at - 1] : 0;
        this.sides[side].push(events[side] ? Math.max(before, events[side].t) : before);
        const known = at ? this.states[side][at - 1] : this.initial;
        const told = events[side]?.state;
        this.states[side].push(told && told !== "?" ? told : known);
      }
      const now = Math.max(this.sides[0][at], this.sides[1][at]);
      const times = events.filter(Boolean).map((event) => event.t);
      const start = times.length ? Math.min(...times) : now;
      const silence = at ? start - this.instants[at - 1] : 0;
      this.gaps.push(silence >= GAP_NS ? silence : 0);
      this.instants.push(now);
      const height = (row.flight ? HEIGHT.flight : HEIGHT.step) + (this.gaps[at] ? HEIGHT.gap : 0);
      this.offsets.push(this.offsets[at] + height);
      if (row.flight) this.#place(row, at);
    }
  }

  #place(row, at) {
    const { n, from } = row.flight;
    const mine = from === this.hosts[0] ? row.left : row.right;
    const theirs = from === this.hosts[0] ? row.right : row.left;
    if (mine?.kind === "departure" && !this.departures.has(n)) this.departures.set(n, at);
    if (theirs?.kind === "arrival" && !this.arrivals.has(n)) this.arrivals.set(n, at);
  }

  /**
   * The row that is over at an instant: the last one whose instant is not later.
   * @param {number} ns
   */
  rowAt(ns) {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.instants[middle] <= ns) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /**
   * The row at a height of the drawing.
   * @param {number} pixels
   */
  rowAtOffset(pixels) {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.offsets[middle + 1] <= pixels) low = middle + 1;
      else high = middle;
    }
    return Math.min(low, this.rows.length - 1);
  }

  /**
   * The row in which a flight departs (or, for one that nobody was seen to send, arrives).
   * @param {number} n
   */
  rowOfFlight(n) {
    return this.departures.get(n) ?? this.arrivals.get(n);
  }

  /**
   * The connection that a row is about, as the server numbers it.
   * @param {number} i
   */
  connectionOf(i) {
    const row = this.rows[i];
    return row?.left?.connection ?? row?.right?.connection ?? null;
  }

  /**
   * The control blocks of one end after a row: by connection, each name with its latest value, and the names that
   * changed at the instant of the row.
   * @param {number} i
   * @param {0|1} side
   * @returns {Map<string|number, {values: Object, changed: Set<string>}>}
   */
  blocksAt(i, side) {
    return this.tcb.at(this.sides[side][i] ?? 0, this.hosts[side]);
  }
}

/** Changes of control blocks, folded up to any instant. */
class Blocks {
  /** @param {Object[]} changes `{t, host, connection, set}` in order */
  constructor(changes) {
    /** @type {Map<string, Object[]>} */
    this.changes = new Map();
    this.kept = new Map();
    this.add(changes ?? []);
    // Now, while the run is being loaded: the first jump to its end would take all of the time otherwise.
    for (const [host, own] of this.changes) this.#checkpoint(host, Math.floor(own.length / CHECKPOINT));
  }

  /** @param {Object[]} changes */
  add(changes) {
    for (const change of changes) {
      let own = this.changes.get(change.host);
      if (!own) this.changes.set(change.host, (own = []));
      own.push(change);
    }
  }

  #checkpoint(host, index) {
    let kept = this.kept.get(host);
    if (!kept) this.kept.set(host, (kept = [new Map()]));
    const changes = this.changes.get(host);
    while (kept.length <= index) {
      const start = (kept.length - 1) * CHECKPOINT;
      kept.push(folded(kept[kept.length - 1], changes, start, start + CHECKPOINT));
    }
    return kept[index];
  }

  /**
   * @param {number} ns
   * @param {string} host
   */
  at(ns, host) {
    const changes = this.changes.get(host) ?? [];
    let low = 0;
    let high = changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (changes[middle].t <= ns) low = middle + 1;
      else high = middle;
    }
    const index = Math.floor(low / CHECKPOINT);
    const kept = low ? this.#checkpoint(host, index) : new Map();
    const state = folded(kept, changes, index * CHECKPOINT, low);
    const changed = new Map();
    for (let at = low - 1; at >= 0 && changes[at].t === ns; at -= 1) {
      const { connection, set } = changes[at];
      changed.set(connection, new Set([...(changed.get(connection) ?? []), ...Object.keys(set)]));
    }
    const found = new Map();
    for (const [connection, values] of state) {
      found.set(connection, { values, changed: changed.get(connection) ?? new Set() });
    }
    return found;
  }
}

/** The blocks after some changes more; those that do not change are shared. */
function folded(before, changes, from, to) {
  const state = new Map(before);
  const own = new Set();
  for (let at = from; at < Math.min(to, changes.length); at += 1) {
    const { connection, set } = changes[at];
    if (!own.has(connection)) {
      own.add(connection);
      state.set(connection, { ...state.get(connection) });
    }
    Object.assign(state.get(connection), set);
  }
  return state;
}
