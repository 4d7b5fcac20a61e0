/**
 * The octets of the current segment beside the fields of its headers; choosing a field shows where it lies.
 * @module bytes
 */

import { post } from "./api.js";
import { h, replace } from "./dom.js";
import { plural, t } from "./i18n.js";
import { store } from "./store.js";

const PER_LINE = 16;
const PATIENCE_MS = 120;
const OCTETS_SHOWN = 512;

let timer = 0;
let shown = "";
let request = null;

function hexDump(hex) {
  const octets = hex.match(/../g) ?? [];
  const lines = [];
  for (let at = 0; at < Math.min(octets.length, OCTETS_SHOWN); at += PER_LINE) {
    const cells = octets
      .slice(at, at + PER_LINE)
      .map((octet, place) => h("span", { data: { octet: at + place } }, octet));
    lines.push(
      h("div", { class: "hex-line" }, h("span", { class: "offset" }, at.toString(16).padStart(4, "0")), cells),
    );
  }
  const more =
    octets.length > OCTETS_SHOWN &&
    h("p", { class: "quiet" }, t("web.bytes.more", { count: octets.length - OCTETS_SHOWN }));
  return h(
    "div",
    { class: "hex", role: "img", "aria-label": t("web.bytes.hex", { count: octets.length }) },
    lines,
    more,
  );
}

/** Show where a field of a layer lies. */
function mark(panel, layer, field) {
  for (const element of panel.querySelectorAll(".hex .on")) element.classList.remove("on");
  for (const element of panel.querySelectorAll(".field.on")) element.classList.remove("on");
  const first = layer.offset + Math.floor(field.offset_bits / 8);
  const last = layer.offset + Math.ceil((field.offset_bits + field.bits) / 8);
  for (let octet = first; octet < last; octet += 1) panel.querySelector(`[data-octet="${octet}"]`)?.classList.add("on");
}

function fieldButton(panel, layer, field) {
  const size = field.bits % 8 ? plural("web.bytes.bits", field.bits) : plural("web.bytes.octets", field.bits / 8);
  const choose = (event) => {
    mark(panel, layer, field);
    event.currentTarget.classList.add("on");
  };
  return h(
    "button",
    { class: "field", type: "button", title: field.about, on: { click: choose, focus: choose } },
    h("span", { class: "field-name" }, field.label ?? field.name),
    h("span", { class: "field-text" }, h("b", {}, field.shown ?? String(field.value)), field.text && ` ${field.text}`),
    h("span", { class: "field-size" }, size),
  );
}

function drawSegment(panel, segment) {
  replace(
    panel,
    hexDump(segment.hex),
    segment.layers.map((layer) =>
      h(
        "section",
        { class: "layer" },
        h("h3", {}, layer.title ?? layer.name),
        layer.fields.map((field) => fieldButton(panel, layer, field)),
      ),
    ),
  );
}

async function load(panel, flight, key) {
  request?.abort();
  request = new AbortController();
  try {
    const segment = await post("api/segment", { ...store.subject, lang: store.lang, flight }, request.signal);
    if (key === shown) drawSegment(panel, segment);
  } catch (error) {
    if (error.name !== "AbortError")
      replace(panel, h("p", { class: "quiet" }, error.message || t("web.error.unreachable")));
  }
}

/** @type {import("./tabs.js").View} */
export const bytesView = {
  name: "bytes",
  draw(panel) {
    clearTimeout(timer);
    const { flight } = store.run.rows[store.position] ?? {};
    const text = !flight ? "web.bytes.none" : !store.subject ? "web.bytes.live" : "";
    const key = JSON.stringify([store.subject, store.lang, flight?.n ?? null]);
    if (key === shown && panel.childElementCount) return;
    shown = key;
    if (text) replace(panel, h("p", { class: "quiet" }, t(text)));
    else timer = setTimeout(() => load(panel, flight.n, key), panel.childElementCount ? PATIENCE_MS : 0);
  },
};
