/**
 * The views beside the ladder, one at a time: control blocks, octets, states, plots, runs.
 *
 * A view is asked to draw itself when it is seen and something that concerns it has changed; hidden views cost nothing.
 * @module tabs
 */

import { blocksView } from "./blocks.js";
import { bytesView } from "./bytes.js";
import { byId, h, perFrame, rove } from "./dom.js";
import { translate } from "./i18n.js";
import { plotsView } from "./plots.js";
import { statesView } from "./states.js";
import { store } from "./store.js";
import { treeView } from "./tree.js";

/**
 * @typedef {Object} View
 * @property {string} name
 * @property {(panel: HTMLElement, topic: string) => void} draw
 */

/** @type {View[]} */
const VIEWS = [statesView, blocksView, bytesView, plotsView, treeView];
const TOPICS = ["run", "marks", "position", "grown", "theme", "catalog"];

let current = VIEWS[0];
const stale = new Map();

function panelOf(view) {
  return byId(`panel-${view.name}`);
}

const drawCurrent = perFrame(() => {
  const topics = stale.get(current.name);
  if (!topics?.size || !store.run) return;
  const topic = ["catalog", "run", "theme", "grown", "marks", "position"].find((name) => topics.has(name));
  topics.clear();
  current.draw(panelOf(current), topic);
});

/**
 * Show a view.
 * @param {string} name
 */
export function showView(name) {
  current = VIEWS.find((view) => view.name === name) ?? current;
  for (const view of VIEWS) {
    const tab = byId(`tab-${view.name}`);
    const on = view === current;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    panelOf(view).hidden = !on;
  }
  drawCurrent();
}

/** Make the tabs and their panels. */
export function startTabs() {
  const tabs = VIEWS.map((view) =>
    h("button", {
      type: "button",
      role: "tab",
      id: `tab-${view.name}`,
      "aria-controls": `panel-${view.name}`,
      data: { t: `web.view.${view.name}` },
      on: { click: () => showView(view.name) },
    }),
  );
  byId("tabs").append(...tabs);
  byId("tabs").addEventListener("keydown", (event) => {
    if (rove(event, tabs, { horizontal: true })) showView(document.activeElement.id.replace("tab-", ""));
  });
  for (const view of VIEWS) {
    const props = { id: `panel-${view.name}`, role: "tabpanel", "aria-labelledby": `tab-${view.name}`, tabindex: 0 };
    byId("panels").append(h("div", { class: `panel panel-${view.name}`, ...props }));
    stale.set(view.name, new Set());
  }
  for (const topic of TOPICS) {
    store.on(topic, () => {
      for (const topics of stale.values()) topics.add(topic);
      drawCurrent();
    });
  }
  store.on("catalog", () => translate(byId("tabs")));
  showView(VIEWS[0].name);
}
