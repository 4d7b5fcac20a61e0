/**
 * The explanation of the current row: what happened, why, by which section of which RFC, and what Linux does.
 *
 * The row's own sentences stand at once; the long text follows from the server when the row stays current.
 * @module explanation
 */

import { post } from "./api.js";
import { byId, h, replace } from "./dom.js";
import { t } from "./i18n.js";
import { isPlaying } from "./scrub.js";
import { store } from "./store.js";

const PATIENCE_MS = 140; // how long a row must be current before its long text is asked for
const KEPT = 400; // long texts

/** @type {Map<string, Object[]>} */
const kept = new Map();
let timer = 0;
let request = null;

/**
 * What a row says by itself.
 * @param {import("./run.js").Row} row
 */
export function ownItems(row) {
  const items = [];
  const { flight } = row;
  if (flight) items.push({ title: flight.label, short: flight.text, rfc: flight.rfc });
  if (flight?.fault_text) items.push({ title: t("web.network"), short: flight.fault_text, rfc: "" });
  for (const event of [row.left, row.right]) {
    if (!event) continue;
    if (event.text) items.push({ title: event.text, short: "", rfc: "" });
    for (const move of event.moves) items.push({ title: `${move.from} → ${move.to}`, short: move.text, rfc: move.rfc });
    for (const rule of event.rules) {
      if (!event.moves.some((move) => move.why === rule.rule))
        items.push({ title: rule.rule, short: rule.text, rfc: rule.rfc });
    }
  }
  return items;
}

function drawItem(item) {
  return h(
    "article",
    { class: "item-text" },
    h("h3", {}, item.title),
    item.short && h("p", { class: "short" }, item.short),
    item.long && item.long !== item.short && h("p", { class: "long" }, item.long),
    item.arithmetic?.length > 0 &&
      h(
        "ul",
        { class: "arithmetic", "aria-label": t("web.arithmetic") },
        item.arithmetic.map((line) => h("li", {}, line)),
      ),
    item.rfc && h("p", { class: "source" }, item.rfc),
    item.linux && h("p", { class: "linux" }, h("b", {}, "Linux "), item.linux),
  );
}

function draw(items) {
  const box = byId("explanation");
  if (items.length) replace(box, items.map(drawItem));
  else replace(box, h("p", { class: "quiet" }, t("web.explanation.none")));
}

async function fetchLong(row, key) {
  request?.abort();
  request = new AbortController();
  try {
    const told = await post("api/explain", { ...store.subject, lang: store.lang, row }, request.signal);
    kept.set(key, told.items);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    if (store.position === row && told.items.length) draw(told.items);
  } catch (error) {
    if (error.name !== "AbortError") store.tell("error", error.message || t("web.error.unreachable"));
  }
}

function show() {
  clearTimeout(timer);
  const row = store.position;
  const { run } = store;
  if (!run?.length) {
    draw([]);
    return;
  }
  const key = JSON.stringify([store.subject, store.lang, row]);
  const known = kept.get(key);
  if (known?.length) {
    draw(known);
    return;
  }
  draw(ownItems(run.rows[row]));
  if (store.subject && !isPlaying()) timer = setTimeout(() => store.run === run && fetchLong(row, key), PATIENCE_MS);
}

/** Follow the current row. */
export function startExplanation() {
  store.on("run", show);
  store.on("position", show);
}
