/**
 * Plans: what is played, and how one question changes it.  Pure functions; nothing here is changed in place.
 *
 * A clicked segment becomes a fault of the fault language (docs/faults.md), a clicked end a change at an instant.
 * @module plan
 */

/** What can happen to a segment: kind, whether it takes a time, whether it takes `by=`, icon, and what stands there. */
export const SEGMENT_ACTIONS = [
  { kind: "drop", icon: "lost" },
  { kind: "delay", icon: "late", time: "300ms" },
  { kind: "dup", icon: "copy", time: "5ms" },
  { kind: "reorder", icon: "swap", by: 1 },
  { kind: "corrupt", icon: "damaged" },
];

/**
 * @typedef {Object} Plan
 * @property {string} scenario
 * @property {string} [preset]
 * @property {number} [seed]
 * @property {string[]} [faults]
 * @property {Object[]} [changes] `{at, host, action, value, name}`
 * @property {Array<[string, string, string]>} [settings]
 * @property {boolean} [own_faults] whether the scenario's own faults happen
 * @property {?number} [until]
 */

/**
 * The plan of a scenario as it is.
 * @param {string} scenario
 * @param {string} [preset]
 * @returns {Plan}
 */
export function fresh(scenario, preset = "rfc") {
  return { scenario, preset };
}

/**
 * The fault expression for one segment.
 * @param {string} kind
 * @param {{from: string, to: string, ordinal: number}} flight
 * @param {{time?: string, by?: number}} [how]
 */
export function faultFor(kind, flight, how = {}) {
  const parts = [`${flight.from}>${flight.to}`, "*", String(flight.ordinal)];
  if (how.time) parts.push(how.time);
  if (how.by && how.by !== 1) parts.push(`by=${how.by}`);
  return `${kind}(${parts.join(",")})`;
}

/** The faults of a plan that were made by a click on this segment. */
function aimedAt(fault, flight) {
  const found = /^\w+\((\S+?)>(\S+?),\*,(\d+)[,)]/.exec(fault);
  return Boolean(found) && found[1] === flight.from && found[2] === flight.to && Number(found[3]) === flight.ordinal;
}

/**
 * A plan in which something happens to a segment, instead of what another click made of it.
 * @param {Plan} plan
 * @param {string} kind
 * @param {{from: string, to: string, ordinal: number}} flight
 * @param {{time?: string, by?: number}} [how]
 * @returns {Plan}
 */
export function withFault(plan, kind, flight, how) {
  const others = (plan.faults ?? []).filter((fault) => !aimedAt(fault, flight));
  return { ...plan, faults: [...others, faultFor(kind, flight, how)] };
}

/**
 * The faults of a plan that are aimed at a segment.
 * @param {Plan} plan
 * @param {{from: string, to: string, ordinal: number}} flight
 * @returns {string[]}
 */
export function faultsOn(plan, flight) {
  return (plan.faults ?? []).filter((fault) => aimedAt(fault, flight));
}

/**
 * A plan in which an application does something at an instant.
 * @param {Plan} plan
 * @param {{at: number, host: string, action: string, value?: string, name?: string}} change
 * @returns {Plan}
 */
export function withChange(plan, change) {
  const full = { value: "", name: "", ...change };
  return { ...plan, changes: [...(plan.changes ?? []), full].sort((one, other) => one.at - other.at) };
}

/**
 * A plan in which an end has a setting from the start.
 * @param {Plan} plan
 * @param {string} host
 * @param {string} name
 * @param {string} value
 * @returns {Plan}
 */
export function withSetting(plan, host, name, value) {
  const others = (plan.settings ?? []).filter((entry) => entry[0] !== host || entry[1] !== name);
  return { ...plan, settings: [...others, [host, name, value]] };
}

/**
 * What was changed against the scenario as it is, each with the plan that lacks it.
 * @param {Plan} plan
 * @returns {{kind: "fault"|"change"|"setting"|"own", what: *, without: Plan}[]}
 */
export function changesOf(plan) {
  const found = [];
  if (plan.own_faults === false) found.push({ kind: "own", what: "", without: { ...plan, own_faults: true } });
  for (const kind of ["fault", "change", "setting"]) {
    const list = plan[`${kind}s`] ?? [];
    list.forEach((what, place) => {
      found.push({ kind, what, without: { ...plan, [`${kind}s`]: list.filter((_, other) => other !== place) } });
    });
  }
  return found;
}

/**
 * Whether two plans say the same.
 * @param {Plan} one
 * @param {Plan} other
 */
export function same(one, other) {
  return key(one) === key(other);
}

/**
 * A text that is the same for plans that say the same.
 * @param {Plan} plan
 */
export function key(plan) {
  const {
    scenario,
    preset = "rfc",
    seed = 1,
    faults = [],
    changes = [],
    settings = [],
    own_faults = true,
    ...rest
  } = plan;
  const told = Object.entries(rest)
    .filter(([, value]) => value !== null && value !== undefined)
    .sort();
  return JSON.stringify([scenario, preset, seed, faults, changes, settings, own_faults, told]);
}
