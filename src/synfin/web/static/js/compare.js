/**
 * Two runs side by side: the run in view, and another one of this visit; the same instant is current in both.
 * @module compare
 */

import { post } from "./api.js";
import { byId, h, replace } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { drawEnds } from "./ends.js";
import { Ladder } from "./ladder.js";
import { Run } from "./run.js";
import { store } from "./store.js";
import { nameOf } from "./tree.js";

let base = null;
let run = null;
let ladder = null;

function close() {
  base = null;
  run = null;
  byId("other").hidden = true;
  byId("ladders").classList.remove("two");
  byId("ladder").focus();
}

/** The row of the other run that a row of this one was; for a new one, that of the row before it. */
function counterpart(row) {
  const was = store.difference?.was ?? [];
  for (let at = row; at >= 0; at -= 1) if (typeof was[at] === "number") return was[at];
  return 0;
}

/** The row of this run that a row of the other one became. */
function ownRow(row) {
  const at = store.difference?.was.indexOf(row) ?? -1;
  return at >= 0 ? at : store.run.rowAt(run.instants[row]);
}

function drawHead() {
  const row = counterpart(store.position);
  const [left, , right] = drawEnds(run, row, null);
  const button = h(
    "button",
    { class: "tool", id: "compare-close", type: "button", "aria-label": t("web.compare.close"), on: { click: close } },
    icon("close"),
  );
  const caption = h("span", { class: "caption" }, t("web.compare.with", { name: nameOf(base) }), " ", button);
  const focused = document.activeElement?.id === "compare-close";
  replace(byId("other-ends"), left, caption, right);
  if (focused) byId("compare-close").focus();
}

/** The rows of the other run that this one does not have, and those that went differently. */
function marksOfOther() {
  const marks = {};
  const { gone, was, marks: own } = store.difference;
  for (const row of gone) marks[row] = "gone";
  was.forEach((row, at) => {
    if (row !== null && own[at] === "changed") marks[row] = "changed";
  });
  return { marks };
}

function follow() {
  if (!run) return;
  ladder.go(counterpart(store.position));
  drawHead();
}

async function open(branch) {
  if (branch === store.branch) return;
  await store.during(async () => {
    const found = branch.run ?? new Run(await post("api/run", { plan: branch.plan, lang: store.lang }));
    store.history.keep(branch, found);
    base = branch;
    run = found;
    await store.markAgainst(branch, false);
    byId("other").hidden = false;
    byId("ladders").classList.add("two");
    ladder.show(run, marksOfOther());
    follow();
    store.tell("say", t("web.compare.with", { name: nameOf(base) }));
  });
}

/** Show the other run when it is asked for. */
export function startCompare() {
  ladder = new Ladder(byId("other-ladder"), {
    name: "other",
    onSelect: (row) => {
      store.go(ownRow(row));
      ladder.go(row);
    },
    onOpen: () => store.tell("say", t("web.compare.fixed")),
  });
  store.on("compare", open);
  store.on("position", follow);
  store.on("run", ({ stays }) => {
    if (!run) return;
    if (!stays || !store.branch) close();
    else open(base);
  });
}
