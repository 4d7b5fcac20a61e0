/**
 * What the page shows now: catalog, runs of this visit, the run in view, the current row; and how each of them changes.
 *
 * Everything that the parts share goes through here.  A part listens to what concerns it and draws itself; it changes
 * what is shown by asking the store, never another part.
 * @module store
 */

import { get, post } from "./api.js";
import { History } from "./history.js";
import { setTexts, t } from "./i18n.js";
import { recall, remember } from "./memory.js";
import { fresh, key } from "./plan.js";
import { Run } from "./run.js";

const LANGUAGE_KEY = "synfin.lang";

/**
 * How the run in view differs from another one.
 * @typedef {Object} Difference
 * @property {Object<number, string>} marks `new` or `changed`, by row
 * @property {Object<number, number>} shifts how much later a row happens, ns; only where it does
 * @property {{new: number, changed: number, shifted: number, gone: number}} counts
 * @property {Array<?number>} was the row of the other run, by row
 * @property {number[]} gone rows of the other run without a counterpart
 * @property {import("./history.js").Branch} base the other run
 */

/**
 * What parts are told: another language, another run, differences, another row, more rows of a live run, how much is
 * being waited for, mistakes, news for screen readers, a run to lay beside, other colours.
 * @typedef {"catalog"|"run"|"marks"|"position"|"grown"|"busy"|"error"|"say"|"compare"|"theme"} Topic
 */

class Store extends EventTarget {
  #asked = 0;

  constructor() {
    super();
    this.catalog = null;
    this.history = new History();
    /** @type {?Run} */
    this.run = null;
    /** Where the run comes from when no plan made it: `{capture, again}` or `{live}`. */
    this.origin = null;
    this.position = 0;
    /** @type {?Difference} */
    this.difference = null;
    this.busy = 0;
  }

  /** @returns {?import("./history.js").Branch} the plan in view; null for a capture and a live run */
  get branch() {
    return this.origin ? null : this.history.current;
  }

  /** What a request about this run names it by; null: the server cannot be asked about it. */
  get subject() {
    if (this.branch) return { plan: this.branch.plan };
    return this.origin?.capture ? { capture: this.origin.capture } : null;
  }

  /**
   * Be told about a topic.
   * @param {Topic} topic
   * @param {(detail: any) => void} listener
   */
  on(topic, listener) {
    this.addEventListener(topic, (event) => listener(event.detail));
  }

  /**
   * @param {Topic} topic
   * @param {*} [detail]
   */
  tell(topic, detail) {
    this.dispatchEvent(new CustomEvent(topic, { detail }));
  }

  /**
   * Do something that takes time; what goes wrong is shown, not thrown.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T|undefined>}
   */
  async during(work) {
    this.busy += 1;
    this.tell("busy", this.busy);
    try {
      return await work();
    } catch (error) {
      this.tell("error", error.status === 0 ? t("web.error.unreachable") : error.message);
      return undefined;
    } finally {
      this.busy -= 1;
      this.tell("busy", this.busy);
    }
  }

  /**
   * Get the catalog in a language and use its texts.
   * @param {string} language
   */
  async useLanguage(language) {
    const catalog = await get("api/catalog", language ? { lang: language } : {});
    const chosen = catalog.lang ?? language;
    setTexts(chosen, catalog.texts);
    this.catalog = catalog;
    if (language) remember(LANGUAGE_KEY, chosen);
    this.lang = chosen;
    this.tell("catalog", catalog);
  }

  /** The language that was chosen on an earlier visit, or the browser's where it asks for Chinese. */
  rememberedLanguage() {
    const kept = recall(LANGUAGE_KEY);
    if (kept) return kept;
    return navigator.languages?.some((tag) => tag.toLowerCase().startsWith("zh")) ? "zh" : "";
  }

  /**
   * Show everything in another language; the run, the row and the branches stay.
   * @param {string} language
   */
  async switchLanguage(language) {
    await this.during(async () => {
      await this.useLanguage(language);
      this.history.forgetRuns();
      if (this.branch) await this.visit(this.branch, { row: this.position, keep: true });
      else if (this.origin?.again) await this.origin.again(null, this.position);
      else this.tell("run", { stays: true });
    });
  }

  /**
   * Play a scenario from a plan, or from the text of one that is shared: a new root.
   * @param {import("./plan.js").Plan|string} plan
   * @param {{row?: number}} [how]
   */
  async begin(plan, how = {}) {
    return this.during(async () => {
      const run = await this.#play(plan);
      if (!run) return;
      this.history.keep(this.history.begin(run.doc.plan), run);
      this.#show(run, null, how.row ?? 0);
    });
  }

  /**
   * The scenario of a name, as it is.
   * @param {string} name
   */
  async choose(name) {
    return this.begin(fresh(name, this.branch?.plan.preset));
  }

  /**
   * Ask what if: play a changed plan, and mark what differs from the run before.
   * @param {import("./plan.js").Plan} plan
   * @param {{kind: string, what: *}} made
   */
  async ask(plan, made) {
    const instant = this.run?.instants[this.position] ?? 0;
    return this.during(async () => {
      const run = await this.#play(plan);
      if (!run) return;
      const before = this.history.current;
      this.history.keep(this.history.grow(run.doc.plan, made), run);
      this.#show(run, null, run.rowAt(instant));
      await this.markAgainst(before, true);
    });
  }

  /**
   * Go to a branch that is known.
   * @param {import("./history.js").Branch} branch
   * @param {{row?: number, keep?: boolean}} [how] `keep`: the run is the same, only its words are not
   */
  async visit(branch, how = {}) {
    const counterpart = this.difference?.base === branch ? this.difference.was[this.position] : null;
    const instant = this.run?.instants[this.position] ?? 0;
    return this.during(async () => {
      const run = branch.run ?? (await this.#play(branch.plan));
      if (!run) return;
      this.history.keep(this.history.visit(branch), run);
      const difference = how.keep ? this.difference : null;
      this.#show(run, difference, how.row ?? counterpart ?? run.rowAt(instant));
      if (!how.keep && branch.parent) await this.markAgainst(branch.parent, false);
    });
  }

  /** Back to what was before the last question. */
  async undo() {
    if (this.history.before) await this.visit(this.history.before);
  }

  /** On to the branch that was looked at last. */
  async redo() {
    if (this.history.after) await this.visit(this.history.after);
  }

  /**
   * Mark what differs from another run.
   * @param {import("./history.js").Branch} base
   * @param {boolean} go whether the first difference becomes the current row
   */
  async markAgainst(base, go) {
    const branch = this.history.current;
    const body = { a: base.plan, b: branch.plan, lang: this.lang };
    const told = await this.during(() => post("api/compare", body));
    if (!told || this.history.current !== branch) return;
    this.difference = readDifference(told, base);
    this.tell("marks", this.difference);
    const first = Object.keys(this.difference.marks)[0];
    if (go && first !== undefined) this.go(Number(first));
  }

  /**
   * Show a run that no plan made.
   * @param {Run} run
   * @param {Object} origin
   */
  showForeign(run, origin) {
    this.origin = origin;
    this.#asked += 1;
    this.run = run;
    this.difference = null;
    this.position = 0;
    this.tell("run", {});
    this.tell("position", { row: 0 });
  }

  /**
   * Make a row the current one.
   * @param {number} row
   * @param {{playing?: boolean}} [how]
   */
  go(row, how = {}) {
    if (!this.run?.length) return;
    const next = Math.max(0, Math.min(this.run.length - 1, row));
    this.position = next;
    this.tell("position", { row: next, ...how });
  }

  /**
   * The run of a plan, or nothing where another one was asked for meanwhile.
   * @param {import("./plan.js").Plan|string} plan
   */
  async #play(plan) {
    this.#asked += 1;
    const mine = this.#asked;
    const doc = await post("api/run", { plan, lang: this.lang });
    return mine === this.#asked ? new Run(doc) : null;
  }

  #show(run, difference, row) {
    const stays = this.origin === null && this.run !== null && key(this.run.doc.plan) === key(run.doc.plan);
    this.origin = null;
    this.run = run;
    this.difference = difference;
    this.position = Math.max(0, Math.min(run.length - 1, row));
    this.tell("run", { stays });
    this.tell("position", { row: this.position });
  }
}

/**
 * What `POST /api/compare` told, by row of the second run.
 * @param {Object} told
 * @param {import("./history.js").Branch} base
 */
export function readDifference(told, base) {
  const marks = {};
  const shifts = {};
  const counts = { new: 0, changed: 0, shifted: 0, gone: told.gone.length };
  told.rows.forEach(({ mark, shift }, at) => {
    if (shift) shifts[at] = shift;
    if (mark !== "same") {
      marks[at] = mark;
      counts[mark] += 1;
    } else if (shift) counts.shifted += 1;
  });
  return { marks, shifts, counts, base, was: told.rows.map((row) => row.was), gone: told.gone.map((row) => row.i) };
}

/** The one store of the page. */
export const store = new Store();
