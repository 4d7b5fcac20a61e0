/**
 * A running host in the page: rows come over a WebSocket and the ladder grows, as long as somebody looks at its end.
 * @module live
 */

import { socketUrl } from "./api.js";
import { byId } from "./dom.js";
import { plural, t } from "./i18n.js";
import { Run } from "./run.js";
import { store } from "./store.js";

const ROWS_KEPT = 50_000; // older than that, the view begins anew

let socket = null;

function begin(hello) {
  const doc = { title: t("web.live.title"), about: t("web.live.about"), notes: [], final: {}, ...hello, plan: null };
  store.showForeign(new Run(doc), { live: true });
}

function grow(message) {
  const { run } = store;
  if (!store.origin?.live) return;
  if (run.length + message.rows.length > ROWS_KEPT) {
    begin({ ...run.doc, rows: message.rows, tcb: message.tcb });
    return;
  }
  const atEnd = store.position >= run.length - 1;
  run.doc.connections.push(...(message.connections ?? []));
  run.add(message.rows);
  run.tcb.add(message.tcb);
  store.tell("grown");
  if (atEnd) store.go(run.length - 1, { playing: true });
  if (message.dropped) store.tell("say", plural("web.live.dropped", message.dropped));
}

function stop() {
  const closing = socket;
  socket = null;
  byId("live").setAttribute("aria-pressed", "false");
  closing?.close();
}

/**
 * Watch the host that runs beside this server.
 * @returns {Promise<void>} settled when the view has begun, or cannot begin
 */
export function watchLive() {
  return new Promise((settled) => {
    let greeted = false;
    const opened = new WebSocket(socketUrl("ws/live", { lang: store.lang }));
    socket = opened;
    byId("live").setAttribute("aria-pressed", "true");
    opened.addEventListener("message", (event) => {
      if (socket !== opened) return;
      const message = JSON.parse(event.data);
      if (greeted) grow(message);
      else begin(message);
      greeted = true;
      settled();
    });
    opened.addEventListener("close", (event) => {
      settled();
      if (socket !== opened) return;
      stop();
      store.tell("error", event.reason || t(greeted ? "web.live.over" : "web.live.none"));
    });
  });
}

/** Let the button start and end the live view; choosing another run ends it. */
export function startLive() {
  byId("live").addEventListener("click", () => (socket ? stop() : watchLive()));
  store.on("run", () => {
    if (socket && !store.origin?.live) stop();
  });
}
