/**
 * Sentences about what was asked: the same for chips, branches and menus.
 * @module words
 */

import { clock, has, t } from "./i18n.js";

const FAULT = /^(\w+)\(\s*([^,>]+)>([^,]+),\*,(\d+)(?:,([^)]*))?\)$/;

/**
 * A fault in words; the expression itself where it is not one of ours.
 * @param {string} fault
 */
export function sayFault(fault) {
  const found = FAULT.exec(fault);
  if (!found || !has(`web.fault.${found[1]}`)) return fault;
  const [, kind, from, to, ordinal, rest] = found;
  return t(`web.fault.${kind}`, { from_: from, to, ordinal, how: rest ? ` (${rest})` : "" });
}

/**
 * A change in words.
 * @param {{at: number, host: string, action: string, value: string, name: string}} change
 */
export function sayChange(change) {
  const { action, value, name } = change;
  const host = placeName(change.host);
  const time = clock(change.at);
  if (action === "set") return t("web.change.set", { host, time, name, value });
  const what = actionName(action);
  return value ? t("web.change.value", { host, time, what, value }) : t("web.change", { host, time, what });
}

/**
 * The name of a host; the cable's where the plan means that.
 * @param {string} host
 */
export function placeName(host) {
  return host === "link" ? t("web.link") : host;
}

/**
 * The name of an action of an application.
 * @param {string} action
 */
export function actionName(action) {
  return has(`web.action.${action}`) ? t(`web.action.${action}`) : action;
}

/**
 * What was asked, in words.
 * @param {?{kind: string, what: *}} made
 * @returns {string}
 */
export function sayMade(made) {
  if (!made) return t("web.branch.root");
  switch (made.kind) {
    case "fault":
      return sayFault(made.what);
    case "change":
      return sayChange(made.what);
    case "setting":
      return t("web.setting", { host: placeName(made.what[0]), name: made.what[1], value: String(made.what[2]) });
    case "own":
      return t("web.own");
    case "without":
      return t("web.without", { what: sayMade(made.what) });
    case "preset":
      return t("web.preset", { preset: made.what });
    case "seed":
      return t("web.seed", { seed: made.what });
    default:
      return String(made.what);
  }
}
