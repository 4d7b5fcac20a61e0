/**
 * The page's icons: strokes on a grid of 24, in the colour of the text around them.
 * @module icons
 */

import { svg } from "./dom.js";

const PATHS = {
  first: "M6 5v14M18 5l-9 7 9 7z",
  back: "M15 5l-9 7 9 7z",
  play: "M7 4.5l12 7.5-12 7.5z",
  pause: "M8 5v14M16 5v14",
  next: "M9 5l9 7-9 7z",
  last: "M18 5v14M6 5l9 7-9 7z",
  undo: "M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "M15 14l5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
  share: "M8.5 10.5l7-4M8.5 13.5l7 4M6 9.5a2.5 2.5 0 1 0 .1 0M18 3a2.5 2.5 0 1 0 .1 0M18 16a2.5 2.5 0 1 0 .1 0",
  save: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14",
  open: "M12 16V5M7.5 9L12 4.5 16.5 9M5 20h14",
  live: "M12 12h.01M8.5 15.5a5 5 0 0 1 0-7M15.5 8.5a5 5 0 0 1 0 7M5.6 18.4a9 9 0 0 1 0-12.8M18.4 5.6a9 9 0 0 1 0 12.8",
  learn: "M4 5.5C7 4 10 4.500 12 6c2-1.500 5-2 8-.5V19c-3-1.500-6-1-8 .5-2-1.500-5-2-8-.5zM12 6v13.500",
  theme: "M12 3.500a8.500 8.500 0 1 0 8.500 8.500A6.500 6.500 0 0 1 12 3.500z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  close: "M6 6l12 12M18 6L6 18",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM20 20l-4-4",
  keys: "M3 7h18v10H3zM7 11h.01M11 11h.01M15 11h.01M8 14h8",
  down: "M7 10l5 5 5-5",
  compare: "M4 5h7v14H4zM13 5h7v14h-7z",
  lost: "M6 6l12 12M18 6L6 18",
  late: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.500l3 2",
  copy: "M8 8h11v11H8zM5 16V5h11",
  swap: "M4 8h14l-4-4M20 16H6l4 4",
  damaged: "M13 3L6 13h5l-1 8 8-11h-6z",
  again: "M20 12a8 8 0 1 1-2.500-5.800M20 4v5h-5",
  bolt: "M12 4v9M12 19h.01",
  cable: "M3 12h4M17 12h4M7 8v8h3l4-8h3v8",
  plus: "M12 5v14M5 12h14",
};

/**
 * An icon; it is hidden from screen readers, what it stands on has a name.
 * @param {string} name
 * @param {string} [extra] a class more
 * @returns {SVGElement}
 */
export function icon(name, extra = "") {
  return svg(
    "svg",
    { class: `icon ${extra}`, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: PATHS[name] }),
  );
}

/**
 * Put the icon that `data-icon` names before the content of every element below `root`.
 * @param {ParentNode} root
 */
export function putIcons(root) {
  for (const element of root.querySelectorAll("[data-icon]")) {
    element.querySelector(":scope > .icon")?.remove();
    element.prepend(icon(element.dataset.icon));
  }
}
