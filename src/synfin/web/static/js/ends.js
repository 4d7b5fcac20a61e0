/**
 * The two ends over the ladder: name, address, state at the current row; a click asks what one of them could do.
 * @module ends
 */

import { byId, h, replace } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { meaning } from "./rowview.js";
import { store } from "./store.js";
import { openEndMenu, openLinkMenu } from "./whatif.js";

const FOCUSABLE = ["end-0", "end-1", "link-menu"]; // they are made anew for every row

/**
 * The elements of both ends of a run.
 * @param {import("./run.js").Run} run
 * @param {number} row
 * @param {?((side: 0|1) => void)} open called when one is clicked; null: they cannot be
 * @param {?Node} caption between them
 */
export function drawEnds(run, row, open, caption = null) {
  const ends = run.hosts.map((host, side) => {
    const state = run.states[side][row] ?? run.initial;
    const inside = [
      h("b", {}, host),
      h(
        "span",
        {},
        h("span", { class: "state-now" }, state),
        h("span", { class: "where" }, run.labels[side] || meaning(state)),
      ),
    ];
    const props = { class: `end s-${state}`, title: meaning(state) };
    if (!open) return h("div", props, inside);
    const listeners = { click: () => open(/** @type {0|1} */ (side)) };
    return h(
      "button",
      { ...props, id: `end-${side}`, type: "button", "aria-haspopup": "dialog", on: listeners },
      inside,
      h("span", { class: "visually-hidden" }, t("web.end")),
      icon("down"),
    );
  });
  return [ends[0], h("span", { class: "caption" }, caption), ends[1]];
}

function linkButton() {
  return h(
    "button",
    {
      class: "tool",
      id: "link-menu",
      type: "button",
      "aria-haspopup": "dialog",
      "aria-label": t("web.link"),
      on: { click: openLinkMenu },
    },
    icon("cable"),
    h("span", {}, t("web.link")),
  );
}

/** Follow the current row. */
export function startEnds() {
  const box = byId("ends");
  const draw = () => {
    const focused = document.activeElement?.id;
    const open = store.branch ? openEndMenu : null;
    replace(box, drawEnds(store.run, store.position, open));
    if (store.branch) box.querySelector(".caption").append(linkButton(), h("span", { class: "hint" }, t("web.hint")));
    if (FOCUSABLE.includes(focused)) document.getElementById(focused)?.focus();
  };
  store.on("run", draw);
  store.on("position", draw);
  store.on("grown", draw);
}
