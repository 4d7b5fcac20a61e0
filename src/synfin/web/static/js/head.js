/**
 * Over the ladder: which run it is, what was asked of it, and what that changed.  Undo and redo stand above.
 * @module head
 */

import { byId, h, replace } from "./dom.js";
import { lang, plural, t } from "./i18n.js";
import { icon } from "./icons.js";
import { changesOf } from "./plan.js";
import { store } from "./store.js";
import { sayMade } from "./words.js";

/** The scenario's own faults: they can be left out like those that somebody asked for. */
function ownFaults(plan) {
  const scenario = store.catalog.scenarios.find(({ name }) => name === plan.scenario);
  if (!scenario?.faults?.length || plan.own_faults === false) return null;
  const remove = () => store.ask({ ...plan, own_faults: false }, { kind: "own", what: "" });
  return h(
    "span",
    { class: "chip" },
    scenario.faults.map((fault) => h("code", {}, fault)),
    h(
      "button",
      { type: "button", id: "own-faults", "aria-label": t("web.own.remove"), on: { click: remove } },
      icon("close"),
    ),
  );
}

function asked() {
  const plan = store.branch?.plan;
  if (!plan) return [];
  const chips = [];
  if ((plan.preset ?? "rfc") !== "rfc") chips.push(h("span", { class: "chip plain" }, t("web.preset", plan)));
  if ((plan.seed ?? 1) !== 1) chips.push(h("span", { class: "chip plain" }, t("web.seed", plan)));
  chips.push(ownFaults(plan));
  for (const change of changesOf(plan)) {
    const text = sayMade(change);
    const remove = () => store.ask(change.without, { kind: "without", what: change });
    chips.push(
      h(
        "span",
        { class: "chip" },
        h("span", {}, text),
        h(
          "button",
          { type: "button", "aria-label": t("web.remove", { what: text }), on: { click: remove } },
          icon("close"),
        ),
      ),
    );
  }
  return chips;
}

/** Which connection of a capture is shown. */
function connections() {
  const { captured } = store.run.doc;
  if (!captured || captured.count < 2) return null;
  const select = h(
    "select",
    { id: "captured", "aria-label": t("web.connection") },
    captured.list.map((text, at) => h("option", { value: at + 1, selected: at + 1 === captured.connection }, text)),
  );
  select.addEventListener("change", () => store.origin.again(Number(select.value), 0));
  return select;
}

function difference() {
  const found = store.difference;
  const box = byId("difference");
  box.hidden = !found;
  if (!found) return;
  const { counts } = found;
  const parts = ["new", "changed", "gone", "shifted"]
    .filter((mark) => counts[mark])
    .map((mark) => plural(`web.diff.${mark}`, counts[mark]));
  const text = parts.length ? parts.join(lang() === "zh" ? "，" : ", ") : t("web.diff.none");
  const jump = () => {
    const rows = Object.keys(found.marks).map(Number);
    store.go(rows.find((row) => row > store.position) ?? rows[0]);
  };
  replace(
    box,
    h("span", { class: "told-difference" }, h("b", {}, t("web.diff")), " ", text),
    Object.keys(found.marks).length > 0 &&
      h("button", { class: "button", type: "button", id: "next-difference", on: { click: jump } }, t("web.diff.next")),
    h(
      "button",
      { class: "button", type: "button", id: "compare", on: { click: () => store.tell("compare", found.base) } },
      icon("compare"),
      t("web.diff.compare"),
    ),
  );
}

/** Show title, questions and differences, and connect undo and redo. */
export function startHead() {
  const undo = /** @type {HTMLButtonElement} */ (byId("undo"));
  const redo = /** @type {HTMLButtonElement} */ (byId("redo"));
  undo.addEventListener("click", () => store.undo());
  redo.addEventListener("click", () => store.redo());
  byId("language").addEventListener("click", () => store.switchLanguage(store.lang === "zh" ? "en" : "zh"));
  store.on("catalog", () => {
    const next = store.lang === "zh" ? "English" : "中文";
    const button = byId("language");
    byId("language-name").textContent = next;
    button.setAttribute("aria-label", t("web.language", { next }));
    byId("language-name").lang = store.lang === "zh" ? "en" : "zh-CN";
  });
  store.on("run", () => {
    const { doc } = store.run;
    byId("title").textContent = doc.about || doc.title || "";
    byId("chosen").textContent = doc.title || t("web.choose");
    document.title = doc.title ? `${doc.title} · synfin` : "synfin";
    const warnings = [doc.endless && t("web.endless"), doc.truncated && t("web.truncated")].filter(Boolean);
    replace(
      byId("asked"),
      asked(),
      connections(),
      warnings.map((text) => h("span", { class: "chip plain warning" }, icon("bolt"), text)),
    );
    undo.disabled = !store.branch || !store.history.before;
    redo.disabled = !store.branch || !store.history.after;
    difference();
  });
  store.on("marks", difference);
  const more = byId("more");
  more.addEventListener("click", () => {
    const open = byId("tools").classList.toggle("open");
    more.setAttribute("aria-expanded", String(open));
  });
}
