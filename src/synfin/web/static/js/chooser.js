/**
 * What can be watched, in groups that can be searched.
 *
 * A group is a list of entries under a heading; other kinds of things to watch, such as topologies, become groups of
 * their own without a change here.
 * @module chooser
 */

import { closeDialog, openDialog } from "./dialog.js";
import { byId, h, replace, rove } from "./dom.js";
import { has, plural, t } from "./i18n.js";
import { icon } from "./icons.js";
import { store } from "./store.js";

/** Scenarios S01 to S11 open, S12 to S21 close, the others are about trouble. */
const OPENING_TO = 11;
const CLOSING_TO = 21;

/**
 * @typedef {Object} Entry
 * @property {string} name
 * @property {string} number
 * @property {string} about
 * @property {() => void} open
 */

function groupOf(scenario) {
  if (scenario.group) return scenario.group;
  const first = Number(/\d+/.exec(scenario.number)?.[0] ?? 0);
  if (first <= OPENING_TO) return "opening";
  return first <= CLOSING_TO ? "closing" : "trouble";
}

/**
 * Everything that can be chosen.
 * @returns {{name: string, entries: Entry[]}[]}
 */
export function groups() {
  const found = new Map();
  for (const scenario of store.catalog.scenarios) {
    const group = groupOf(scenario);
    if (!found.has(group)) found.set(group, []);
    const { name, number, about } = scenario;
    found.get(group).push({ name, number, about, open: () => store.choose(name) });
  }
  return [...found].map(([name, entries]) => ({ name, entries }));
}

function matches(entry, words) {
  const text = `${entry.name} ${entry.number} ${entry.about}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function drawGroup({ name, entries }) {
  const title = has(`web.group.${name}`) ? t(`web.group.${name}`) : name;
  return h(
    "section",
    { class: "entries" },
    h("h3", {}, title),
    entries.map((entry) => {
      const choose = () => {
        closeDialog();
        entry.open();
      };
      const current = store.branch?.plan.scenario === entry.name;
      return h(
        "button",
        {
          class: "entry",
          type: "button",
          data: { scenario: entry.name },
          "aria-current": current ? "true" : null,
          on: { click: choose },
        },
        h("span", { class: "entry-name" }, entry.name, " ", h("small", {}, entry.number)),
        h("span", { class: "entry-about" }, entry.about),
      );
    }),
  );
}

function open() {
  const list = h("div", { class: "entry-list" });
  const search = h("input", {
    type: "search",
    id: "search",
    placeholder: t("web.search"),
    "aria-label": t("web.search"),
    autocomplete: "off",
  });
  const count = h("p", { class: "visually-hidden", role: "status" });
  const draw = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = groups()
      .map(({ name, entries }) => ({ name, entries: entries.filter((entry) => matches(entry, words)) }))
      .filter(({ entries }) => entries.length);
    const shown = found.reduce((sum, { entries }) => sum + entries.length, 0);
    count.textContent = plural("web.search.found", shown);
    replace(list, found.map(drawGroup), !shown && h("p", { class: "quiet" }, t("web.search.none")));
  };
  search.addEventListener("input", draw);
  const dialog = openDialog(t("web.choose"), [h("label", { class: "search" }, icon("search"), search), count, list], {
    wide: true,
    name: "chooser",
  });
  dialog.addEventListener("keydown", (event) => {
    const entries = /** @type {HTMLElement[]} */ ([...list.querySelectorAll(".entry")]);
    if (event.target === search && event.key === "Enter") {
      event.preventDefault(); // or the button that gets the focus back would be pressed as well
      entries[0]?.click();
    } else if (event.target !== search || event.key === "ArrowDown") rove(event, entries);
  });
  draw();
  search.focus();
}

/** Let the button open the chooser. */
export function startChooser() {
  byId("choose").addEventListener("click", open);
}
