/**
 * The runs of this visit as a tree of questions: go back to any of them, or lay one beside the run in view.
 * @module tree
 */

import { h, replace } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { fresh } from "./plan.js";
import { store } from "./store.js";
import { sayMade } from "./words.js";

/**
 * What a branch is called.
 * @param {import("./history.js").Branch} branch
 */
export function nameOf(branch) {
  return branch.parent ? sayMade(branch.made) : t("web.branch.start", { scenario: branch.plan.scenario });
}

function branchItem(branch) {
  const current = branch === store.branch;
  const press = () => store.visit(branch);
  const compare = () => store.tell("compare", branch);
  const name = nameOf(branch);
  return h(
    "li",
    {},
    h(
      "div",
      { class: "branch" },
      h(
        "button",
        {
          class: "branch-name",
          type: "button",
          "aria-current": current ? "true" : null,
          data: { branch: branch.id },
          on: { click: press },
        },
        name,
      ),
      !current &&
        store.branch &&
        h(
          "button",
          {
            class: "tool",
            type: "button",
            "aria-label": t("web.branch.compare", { name }),
            title: t("web.diff.compare"),
            data: { compare: branch.id },
            on: { click: compare },
          },
          icon("compare"),
        ),
    ),
    branch.children.length > 0 && h("ul", {}, branch.children.map(branchItem)),
  );
}

/** Preset and seed of the run in view: changing one is a question like any other. */
function circumstances() {
  const { plan } = store.branch;
  const preset = h(
    "select",
    { id: "preset" },
    store.catalog.presets.map((name) => h("option", { value: name, selected: name === (plan.preset ?? "rfc") }, name)),
  );
  preset.addEventListener("change", () =>
    store.ask({ ...plan, preset: preset.value }, { kind: "preset", what: preset.value }),
  );
  const seed = h("input", { id: "seed", type: "number", min: 0, step: 1, value: plan.seed ?? 1 });
  seed.addEventListener("change", () =>
    store.ask({ ...plan, seed: Math.trunc(Number(seed.value)) }, { kind: "seed", what: seed.value }),
  );
  return h(
    "div",
    { class: "circumstances" },
    h("label", {}, t("web.preset.label"), " ", preset),
    h("label", {}, t("web.seed.label"), " ", seed),
    h(
      "button",
      {
        class: "button",
        type: "button",
        id: "restart",
        on: { click: () => store.begin(fresh(plan.scenario, plan.preset)) },
      },
      t("web.branch.again"),
    ),
  );
}

function notes() {
  const found = store.run.doc.notes ?? [];
  return (
    found.length > 0 &&
    h(
      "section",
      { class: "notes" },
      h("h3", {}, t("ui.note")),
      h(
        "ul",
        {},
        found.map((note) => h("li", {}, note)),
      ),
    )
  );
}

/** @type {import("./tabs.js").View} */
export const treeView = {
  name: "tree",
  draw(panel, topic) {
    if (topic === "position") return;
    const tree = h("ul", { class: "tree" }, store.history.roots.map(branchItem));
    replace(panel, store.branch && circumstances(), h("h3", {}, t("web.branches")), tree, notes());
  },
};
