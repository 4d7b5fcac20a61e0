/**
 * Texts by id in the language that was chosen, and numbers and times as people read them.
 *
 * The texts themselves come from the server (`/api/catalog`), which has them for every renderer; the page has none.
 * @module i18n
 */

const MICROSECOND = 1_000;
const MILLISECOND = 1_000_000;
const SECOND = 1_000_000_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A silence this long gets a line of its own in the ladder. */
export const GAP_NS = 400 * MILLISECOND;

/** @type {Object<string, string>} */
let texts = {};
let language = "en";

/**
 * Use these texts from now on.
 * @param {string} lang
 * @param {Object<string, string>} found
 */
export function setTexts(lang, found) {
  language = lang;
  texts = found;
  document.documentElement.lang = lang === "zh" ? "zh-CN" : lang;
}

/** @returns {string} the language of the page: `en` or `zh` */
export function lang() {
  return language;
}

/**
 * Whether there is a text for an id.
 * @param {string} id
 */
export function has(id) {
  return Object.hasOwn(texts, id);
}

/**
 * The text for an id with its parameters filled in; the id itself where there is none.
 * @param {string} id
 * @param {Object<string, string|number>} [params]
 * @returns {string}
 */
export function t(id, params = {}) {
  const text = has(id) ? texts[id] : id;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole));
}

/**
 * A text with two forms, for one and for many: `id.one` and `id.many`.
 * @param {string} id
 * @param {number} count
 */
export function plural(id, count) {
  return t(count === 1 ? `${id}.one` : `${id}.many`, { count: number(count) });
}

/**
 * Fill every element below `root` that names a text: `data-t` (content), `data-t-label`, `data-t-title`,
 * `data-t-placeholder`.
 * @param {ParentNode} root
 */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
  }
  for (const element of root.querySelectorAll("[data-t-title]")) element.title = t(element.dataset.tTitle);
  for (const element of root.querySelectorAll("[data-t-placeholder]")) {
    element.placeholder = t(element.dataset.tPlaceholder);
  }
}

/**
 * A number with narrow spaces, which do not break, between thousands.
 * @param {number} value
 */
export function number(value) {
  const text = String(value);
  return Math.abs(value) < 10_000 ? text : text.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

/**
 * An instant: seconds with as many decimals as tell it apart.
 * @param {number} ns
 */
export function clock(ns) {
  const micros = Math.round(ns / MICROSECOND);
  return (micros / 1e6).toFixed(micros % 1000 === 0 ? 3 : 6);
}

/**
 * A length of time.
 * @param {number} ns
 */
export function span(ns) {
  if (ns >= 1.5 * DAY) return t("web.unit.d", { value: short(ns / DAY) });
  if (ns >= 1.5 * HOUR) return t("web.unit.h", { value: short(ns / HOUR) });
  if (ns >= 2 * MINUTE) return t("web.unit.min", { value: short(ns / MINUTE) });
  if (ns >= SECOND) return t("web.unit.s", { value: short(ns / SECOND) });
  if (ns >= MILLISECOND) return t("web.unit.ms", { value: short(ns / MILLISECOND) });
  return t("web.unit.us", { value: short(ns / MICROSECOND) });
}

function short(value) {
  return String(Number(value.toPrecision(4)));
}
