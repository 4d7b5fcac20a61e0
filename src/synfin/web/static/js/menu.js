/**
 * A small panel beside what was clicked: buttons that arrow keys move through, closed by Escape or a click elsewhere.
 * @module menu
 */

import { h, rove } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

const MARGIN = 8; // pixels to the edge of the window

let menu = null;
let opener = null;

/** Close the menu, if one is open; the focus goes back to where it was. */
export function closeMenu() {
  if (!menu) return;
  const [closing, back] = [menu, opener];
  menu = null;
  opener = null;
  document.removeEventListener("pointerdown", outside, true);
  removeEventListener("resize", closeMenu);
  const inside = closing.contains(document.activeElement) || document.activeElement === document.body;
  closing.remove();
  const target = back?.isConnected ? back : document.getElementById(back?.id ?? "");
  if (inside) (target ?? document.getElementById("ladder"))?.focus({ preventScroll: true });
}

function outside(event) {
  if (menu && !menu.contains(event.target)) closeMenu();
}

/**
 * Open a menu beside an element; one that is open is closed.
 * @param {Element} anchor
 * @param {string} title
 * @param {Node[]} content
 * @param {{wide?: boolean}} [how]
 */
export function openMenu(anchor, title, content, how = {}) {
  closeMenu();
  opener = document.activeElement;
  menu = h(
    "div",
    { class: `menu${how.wide ? " wide" : ""}`, role: "dialog", "aria-label": title, tabindex: -1 },
    h(
      "div",
      { class: "menu-head" },
      h("h3", {}, title),
      h(
        "button",
        { class: "tool", type: "button", "aria-label": t("web.close"), on: { click: closeMenu } },
        icon("close"),
      ),
    ),
    content,
  );
  menu.addEventListener("keydown", key);
  document.body.append(menu);
  place(anchor.getBoundingClientRect());
  document.addEventListener("pointerdown", outside, true);
  addEventListener("resize", closeMenu);
  (menu.querySelector(".item") ?? menu).focus();
}

function key(event) {
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    closeMenu();
    return;
  }
  if (event.target.matches("input, select")) return;
  const items = [...menu.querySelectorAll(".item")];
  if (rove(event, items)) event.stopPropagation();
  if (event.key === "Tab") wrap(event);
}

/** The Tab key stays inside, as in every dialog. */
function wrap(event) {
  const stops = [...menu.querySelectorAll("button, input, select")].filter(
    (element) => !element.disabled && element.offsetParent,
  );
  const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
  if (document.activeElement !== edge) return;
  event.preventDefault();
  stops[event.shiftKey ? stops.length - 1 : 0].focus();
}

function place(anchor) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const { clientWidth, clientHeight } = document.documentElement;
  const room = Math.min(clientHeight, innerHeight);
  const left = Math.max(MARGIN, Math.min(anchor.left, clientWidth - width - MARGIN));
  let top = anchor.bottom + 4;
  if (top + height > room - MARGIN) top = Math.max(MARGIN, anchor.top - height - 4);
  if (top + height > room - MARGIN) top = Math.max(MARGIN, room - height - MARGIN);
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
}
