/**
 * The control blocks (TCB, RFC 9293 3.3.1) of both ends at the current row, with what has just changed.
 * @module blocks
 */

import { h, replace } from "./dom.js";
import { clock, has, number, span, t } from "./i18n.js";
import { store } from "./store.js";

/** The variables in the order and under the names of the RFCs. */
const GROUPS = [
  ["send", ["iss", "snd_una", "snd_nxt", "snd_max", "snd_wnd", "flight_bytes", "send_queue_bytes", "sacked"]],
  ["receive", ["irs", "rcv_nxt", "rcv_wnd", "receive_queue_bytes", "out_of_order_bytes"]],
  ["congestion", ["congestion", "cwnd", "ssthresh", "recovering", "duplicate_acks", "retransmitted", "mss"]],
  ["time", ["rto_ns", "srtt_ns", "rttvar_ns", "timers"]],
];
const NAMES = {
  iss: "ISS",
  irs: "IRS",
  snd_una: "SND.UNA",
  snd_nxt: "SND.NXT",
  snd_max: "SND.MAX",
  snd_wnd: "SND.WND",
  rcv_nxt: "RCV.NXT",
  rcv_wnd: "RCV.WND",
  cwnd: "cwnd",
  ssthresh: "ssthresh",
  rto_ns: "RTO",
  srtt_ns: "SRTT",
  rttvar_ns: "RTTVAR",
  mss: "MSS",
};
const SEVERAL = ["timers", "sacked"]; // several values, which may take several lines
const HUGE = 2 ** 30; // an ssthresh that nothing has set yet

let chosen = null; // the connection that somebody chose; null: the one of the row

function value(name, found) {
  if (found === undefined || found === null) return "";
  if (Array.isArray(found) && !found.length) return "–";
  if (name === "timers") return found.map(([timer, due]) => timerText(timer, due)).join("\n");
  if (name === "sacked") return found.map(([first, end]) => `${first}–${end}`).join(" ");
  if (name.endsWith("_ns")) return found ? span(found) : "–";
  if (name === "recovering") return found ? t("web.yes") : t("web.no");
  if (name === "ssthresh" && found >= HUGE) return "∞";
  return typeof found === "number" ? number(found) : String(found);
}

function timerText(timer, due) {
  const name = has(`web.timer.${timer}`) ? t(`web.timer.${timer}`) : timer;
  return t("web.timer.due", { timer: name, time: clock(due) });
}

/** The name of a variable: the RFC's, with what it means. */
function nameOf(name) {
  const about = has(`web.tcb.${name}`) ? t(`web.tcb.${name}`) : "";
  const label = NAMES[name] ?? name;
  return h(
    "th",
    { scope: "row" },
    NAMES[name] ? h("code", {}, label) : about || label,
    NAMES[name] && about && h("small", {}, about),
  );
}

function cell(block, name) {
  const fresh = block?.changed.has(name);
  const text = value(name, block?.values[name]);
  return h(
    "td",
    { class: `${fresh ? "fresh" : ""} ${SEVERAL.includes(name) ? "several" : ""}` },
    fresh && h("span", { class: "sign", title: t("web.tcb.changed") }, "●"),
    text,
  );
}

function table(blocks, hosts) {
  const present = (name) => blocks.some((block) => block?.values[name] !== undefined);
  const bodies = GROUPS.map(([group, names]) => {
    const rows = names.filter(present).map((name) =>
      h(
        "tr",
        {},
        nameOf(name),
        blocks.map((block) => cell(block, name)),
      ),
    );
    if (!rows.length) return null;
    return h(
      "tbody",
      {},
      h("tr", { class: "group-row" }, h("th", { colspan: 3, scope: "rowgroup" }, t(`web.tcb.group.${group}`))),
      rows,
    );
  });
  return h(
    "table",
    { class: "blocks" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td", {}),
        hosts.map((host) => h("th", { scope: "col" }, host)),
      ),
    ),
    bodies,
  );
}

function connectionChoice(run, current) {
  const { connections } = run.doc;
  if (!connections || connections.length < 2) return null;
  const select = h(
    "select",
    { "aria-label": t("web.connection") },
    h("option", { value: "" }, t("web.connection.row")),
    connections.map(({ id, left, right }) => h("option", { value: id, selected: chosen === id }, `${left} – ${right}`)),
  );
  select.addEventListener("change", () => {
    chosen = select.value === "" ? null : Number(select.value);
    store.go(store.position);
  });
  const shown = connections.find(({ id }) => id === current);
  return h(
    "p",
    { class: "choice" },
    select,
    chosen === null && shown && h("small", {}, `${shown.left} – ${shown.right}`),
  );
}

/** The send window as a bar: acknowledged, in flight, may be sent. */
function windowBar(block, host) {
  const values = block?.values;
  if (!values || values.snd_una === undefined || !values.snd_wnd) return null;
  const flight = Math.max(0, values.snd_nxt - values.snd_una);
  const window = Math.max(values.snd_wnd, 1);
  const usable = Math.min(values.cwnd ?? window, window);
  const sent = h("span", { class: "w-sent" });
  const allowed = h("span", { class: "w-allowed" });
  sent.style.width = `${Math.min(100, (100 * flight) / window)}%`;
  allowed.style.width = `${Math.min(100, (100 * usable) / window)}%`;
  const label = t("web.window", {
    host,
    flight: number(flight),
    cwnd: number(values.cwnd ?? 0),
    window: number(window),
  });
  return h(
    "figure",
    { class: "window" },
    h("figcaption", {}, label),
    h("div", { class: "w-bar", "aria-hidden": "true" }, allowed, sent),
  );
}

function draw(panel) {
  const { run, position } = store;
  const shownConnection = chosen ?? run.connectionOf(position);
  const blocks = [0, 1].map((side) => {
    const found = run.blocksAt(position, side);
    return found.get(shownConnection) ?? (chosen === null ? [...found.values()].pop() : undefined);
  });
  const focused = panel.querySelector("select") === document.activeElement;
  const nothing = blocks.every((block) => !block);
  replace(
    panel,
    connectionChoice(run, shownConnection),
    nothing
      ? h("p", { class: "quiet" }, t("web.tcb.none"))
      : [windowBar(blocks[0], run.hosts[0]), windowBar(blocks[1], run.hosts[1]), table(blocks, run.hosts)],
  );
  if (focused) panel.querySelector("select")?.focus();
}

/** @type {import("./tabs.js").View} */
export const blocksView = {
  name: "blocks",
  draw(panel, topic) {
    if (topic === "run") chosen = null;
    draw(panel);
  },
};
