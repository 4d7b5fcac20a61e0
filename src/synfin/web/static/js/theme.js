/**
 * Light and dark: as the system has it, until somebody chooses.
 * @module theme
 */

import { byId } from "./dom.js";
import { t } from "./i18n.js";
import { recall, remember } from "./memory.js";
import { store } from "./store.js";

const KEY = "synfin.theme";
const ORDER = ["", "light", "dark"]; // "": as the system has it

/** Use what was chosen on an earlier visit, and let the button change it. */
export function startTheme() {
  const root = document.documentElement;
  const button = byId("theme");
  const use = (theme) => {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    if (store.catalog) label();
    store.tell("theme");
  };
  const label = () => {
    const text = t(`web.theme.${root.dataset.theme ?? "system"}`);
    button.title = text;
    button.setAttribute("aria-label", text);
  };
  const kept = recall(KEY);
  if (ORDER.includes(kept)) use(kept);
  store.on("catalog", label);
  button.addEventListener("click", () => {
    const next = ORDER[(ORDER.indexOf(root.dataset.theme ?? "") + 1) % ORDER.length];
    remember(KEY, next);
    use(next);
    store.tell("say", button.title);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => store.tell("theme"));
}
