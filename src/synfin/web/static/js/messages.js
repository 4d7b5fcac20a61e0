/**
 * What the page says beside its views: mistakes, what is going on, and news for screen readers.
 * @module messages
 */

import { byId, h, replace } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { store } from "./store.js";

/** Show errors until they are closed or the next thing works; show that a run takes its time. */
export function startMessages() {
  const box = byId("error");
  const close = () => {
    box.hidden = true;
  };
  store.on("error", (text) => {
    const button = h("button", { class: "tool", type: "button", "aria-label": t("web.close"), on: { click: close } });
    button.append(icon("close"));
    box.hidden = false;
    replace(box, h("p", {}, text), button);
  });
  store.on("run", close);
  store.on("busy", (count) => {
    byId("progress").hidden = count === 0;
    byId("ladder").setAttribute("aria-busy", String(count > 0));
  });
  store.on("say", (text) => {
    byId("said").textContent = text;
  });
}
