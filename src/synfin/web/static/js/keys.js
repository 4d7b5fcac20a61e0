/**
 * Keys that work everywhere on the page, and the list of them.
 * @module keys
 */

import { openDialog } from "./dialog.js";
import { byId, h } from "./dom.js";
import { t } from "./i18n.js";
import { step, togglePlay } from "./scrub.js";
import { store } from "./store.js";
import { openEndMenu, openRowMenu } from "./whatif.js";

const KEYS = [
  [["←", "→"], "web.keys.step"],
  [["↑", "↓"], "web.keys.rows"],
  [["Home", "End"], "web.keys.ends"],
  [["Space"], "web.keys.play"],
  [["Enter"], "web.keys.open"],
  [["1", "2"], "web.keys.end"],
  [["U", "R"], "web.keys.undo"],
  [["C"], "web.keys.choose"],
  [["L"], "web.keys.ladder"],
  [["?"], "web.keys.help"],
];

/** Where all keys are somebody else's, and where those that move are. */
const OWN = "input, select, textarea, [contenteditable], [role=dialog], dialog";
const OWN_MOVES = "[role=tab], .u-over";
const PRESSED = "button, a, summary";

function moving(event) {
  switch (event.key) {
    case "ArrowRight":
      return () => step(1);
    case "ArrowLeft":
      return () => step(-1);
    case "Home":
      return () => step(-Infinity);
    case "End":
      return () => step(Infinity);
    default:
      return null;
  }
}

function letter(event) {
  switch (event.key) {
    case " ":
      return event.target.closest(PRESSED) ? null : togglePlay;
    case "1":
      return () => openEndMenu(0);
    case "2":
      return () => openEndMenu(1);
    case "u":
      return () => store.undo();
    case "r":
      return () => store.redo();
    case "c":
      return () => byId("choose").click();
    case "l":
      return () => byId("ladder").focus();
    case "w":
      return () => openRowMenu(store.position, byId("ladder"));
    case "?":
      return () => byId("keys").click();
    default:
      return null;
  }
}

/** Listen for keys, and show the list of them. */
export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest(OWN)) return;
    const act = (event.target.closest(OWN_MOVES) ? null : moving(event)) ?? letter(event);
    if (!act || !store.run) return;
    event.preventDefault();
    act();
  });
  byId("keys").addEventListener("click", () => {
    const rows = KEYS.map(([keys, text]) =>
      h(
        "div",
        { class: "key" },
        h(
          "dt",
          {},
          keys.map((key) => h("kbd", {}, key)),
        ),
        h("dd", {}, t(text)),
      ),
    );
    openDialog(t("web.keys"), h("dl", { class: "keys" }, rows));
  });
}
