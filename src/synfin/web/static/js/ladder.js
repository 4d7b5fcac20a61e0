/**
 * The ladder: a list of rows of which only the visible ones exist, so that ten thousand segments scroll like ten.
 *
 * Responsible for scrolling, for which rows are drawn, and for the row that is current; how a row looks is `rowview`'s.
 * @module ladder
 */

import { h, perFrame } from "./dom.js";
import { drawRow } from "./rowview.js";

const OVERSCAN = 240; // pixels above and below what is visible
const NARROW = 520; // pixels
const LANE = { wide: 124, narrow: 92 };
const PAGE = 10; // rows
const BELOW = 40; // pixels under the last row

/** A ladder in an element of its own. */
export class Ladder {
  #run = null;
  #difference = null;
  #rows = new Map();
  #position = 0;
  #width = 0;

  /**
   * @param {HTMLElement} root an empty element that scrolls
   * @param {{name: string, onSelect: (row: number) => void, onOpen: (row: number, anchor: Element) => void}} options
   */
  constructor(root, options) {
    this.root = root;
    this.options = options;
    this.sheet = h("div", { class: "sheet", role: "presentation" });
    this.now = h("div", { class: "now", role: "presentation" });
    this.sheet.append(this.now);
    root.replaceChildren(this.sheet);
    const draw = perFrame(() => this.#draw());
    root.addEventListener("scroll", draw, { passive: true });
    root.addEventListener("click", (event) => this.#clicked(event));
    root.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(perFrame(() => this.#resized())).observe(root);
  }

  /**
   * Show a run.
   * @param {import("./run.js").Run} run
   * @param {?{marks: Object<number, string>, shifts?: Object<number, number>}} [difference] from another run
   */
  show(run, difference = null) {
    this.#run = run;
    this.#difference = difference;
    this.#width = this.root.clientWidth;
    this.#position = Math.min(this.#position, Math.max(0, run.length - 1));
    this.#forget();
    this.grown();
  }

  /** The run has more rows than before. */
  grown() {
    this.sheet.style.height = `${this.#run.offsets[this.#run.length] + BELOW}px`;
    this.#draw();
  }

  /**
   * Make a row the current one and bring it into view.
   * @param {number} at
   */
  go(at) {
    this.#position = at;
    const run = this.#run;
    if (!run?.length) return;
    const { scrollTop, clientHeight } = this.root;
    const [top, bottom] = [run.offsets[at], run.offsets[at + 1]];
    const margin = Math.min(96, clientHeight / 4);
    if (top < scrollTop + margin || bottom > scrollTop + clientHeight - margin) {
      const below = bottom > scrollTop + clientHeight - margin && bottom < scrollTop + clientHeight + 2 * margin;
      this.root.scrollTop = below ? bottom - clientHeight + margin : top - clientHeight / 3;
    }
    this.#draw();
  }

  /** The element of the current row, for a menu to stand at. */
  get anchor() {
    const row = this.#rows.get(this.#position);
    return row?.querySelector(".pill") ?? row ?? this.root;
  }

  #forget() {
    for (const element of this.#rows.values()) element.remove();
    this.#rows.clear();
  }

  #resized() {
    if (!this.#run || this.root.clientWidth === this.#width) return;
    this.#width = this.root.clientWidth;
    this.#forget();
    this.#draw();
  }

  #draw() {
    const run = this.#run;
    if (!run?.length || !this.#width) return;
    const top = this.root.scrollTop - OVERSCAN;
    const bottom = this.root.scrollTop + this.root.clientHeight + OVERSCAN;
    const first = run.rowAtOffset(Math.max(0, top));
    const last = run.rowAtOffset(bottom);
    for (const [at, element] of this.#rows) {
      if ((at < first || at > last) && at !== this.#position) {
        element.remove();
        this.#rows.delete(at);
      }
    }
    const lane = this.#width < NARROW ? LANE.narrow : LANE.wide;
    const { marks, shifts } = this.#difference ?? {};
    const frame = { run, width: this.#width, lane, marks, shifts, name: this.options.name };
    const fresh = [];
    for (let at = first; at <= last; at += 1) if (!this.#rows.has(at)) fresh.push(at);
    if (!this.#rows.has(this.#position) && !fresh.includes(this.#position)) fresh.push(this.#position);
    for (const at of fresh) {
      const element = drawRow(frame, at);
      this.#rows.set(at, element);
      this.sheet.append(element);
    }
    this.#paint();
  }

  #paint() {
    for (const [at, element] of this.#rows) {
      const current = at === this.#position;
      element.classList.toggle("current", current);
      element.classList.toggle("future", at > this.#position);
      element.setAttribute("aria-selected", String(current));
    }
    this.root.setAttribute("aria-activedescendant", `${this.options.name}-${this.#position}`);
    this.now.style.transform = `translateY(${this.#run.offsets[this.#position + 1]}px)`;
  }

  #clicked(event) {
    const row = event.target.closest(".row");
    if (!row) return;
    const at = Number(row.dataset.row);
    this.options.onSelect(at);
    if (event.target.closest("[data-open]")) this.options.onOpen(at, this.anchor);
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !this.#run?.length) return;
    const last = this.#run.length - 1;
    const moves = {
      ArrowDown: this.#position + 1,
      ArrowUp: this.#position - 1,
      PageDown: this.#position + PAGE,
      PageUp: this.#position - PAGE,
      Home: 0,
      End: last,
    };
    if (event.key in moves) {
      this.options.onSelect(Math.max(0, Math.min(last, moves[event.key])));
    } else if (event.key === "Enter") {
      this.options.onOpen(this.#position, this.anchor);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
