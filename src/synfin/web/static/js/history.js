/**
 * The runs of this visit as a tree: each question grows a branch, undo goes towards the root, nothing is lost.
 *
 * Responsible for plans and their order; fetching and drawing runs belongs to others.
 * @module history
 */

import { key } from "./plan.js";

/** Runs that are kept as documents; older ones are asked for again. */
const KEPT_RUNS = 16;

/**
 * @typedef {Object} Branch
 * @property {number} id
 * @property {?Branch} parent
 * @property {Branch[]} children
 * @property {import("./plan.js").Plan} plan
 * @property {?{kind: string, what: *}} made what was asked to get here
 * @property {?import("./run.js").Run} run
 * @property {?Branch} latest the child that was looked at last: where redo leads
 */

/** A tree of plans, and the place in it. */
export class History {
  #count = 0;
  #used = [];

  constructor() {
    /** @type {Branch[]} */
    this.roots = [];
    /** @type {?Branch} */
    this.current = null;
  }

  /**
   * Begin anew with a plan: a tree beside those that are there.
   * @param {import("./plan.js").Plan} plan
   */
  begin(plan) {
    const known = this.roots.find((root) => key(root.plan) === key(plan));
    const branch = known ?? this.#make(plan, null, null);
    if (!known) this.roots.push(branch);
    return this.visit(branch);
  }

  /**
   * Go on from the current plan to another one; a branch that has it already is taken again.
   * @param {import("./plan.js").Plan} plan
   * @param {?{kind: string, what: *}} made
   */
  grow(plan, made) {
    const parent = this.current;
    if (key(parent.plan) === key(plan)) return parent; // what was asked for is so already
    const known = parent.children.find((child) => key(child.plan) === key(plan));
    const branch = known ?? this.#make(plan, parent, made);
    if (!known) parent.children.push(branch);
    return this.visit(branch);
  }

  /** @param {Branch} branch */
  visit(branch) {
    this.current = branch;
    for (let node = branch; node.parent; node = node.parent) node.parent.latest = node;
    return branch;
  }

  /** @returns {?Branch} where undo leads */
  get before() {
    return this.current?.parent ?? null;
  }

  /** @returns {?Branch} where redo leads */
  get after() {
    return this.current?.latest ?? null;
  }

  /**
   * Keep the run of a branch; the run that was not used for longest is forgotten.
   * @param {Branch} branch
   * @param {import("./run.js").Run} run
   */
  keep(branch, run) {
    branch.run = run;
    this.#used = [...this.#used.filter((other) => other !== branch), branch];
    while (this.#used.length > KEPT_RUNS) this.#used.shift().run = null;
  }

  /** Forget all runs, not the plans: their texts are in another language now. */
  forgetRuns() {
    for (const branch of this.#used) branch.run = null;
    this.#used = [];
  }

  #make(plan, parent, made) {
    this.#count += 1;
    return { id: this.#count, parent, children: [], plan, made, run: null, latest: null };
  }
}
