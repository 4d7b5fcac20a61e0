/**
 * Dialogs: one at a time, over the page, closed by Escape, by their button, or by a click beside them.
 * @module dialog
 */

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";

let count = 0;

/**
 * Open a dialog.
 * @param {string} title
 * @param {Node|Node[]} content
 * @param {{wide?: boolean, name?: string}} [how]
 * @returns {HTMLDialogElement} close it with `.close()`; it is gone then
 */
export function openDialog(title, content, how = {}) {
  closeDialog();
  count += 1;
  const id = `dialog-${count}`;
  const opener = document.activeElement;
  const dialog = /** @type {HTMLDialogElement} */ (
    h(
      "dialog",
      { class: `dialog${how.wide ? " wide" : ""}`, "aria-labelledby": id, data: how.name ? { name: how.name } : {} },
      h(
        "div",
        { class: "dialog-head" },
        h("h2", { id }, title),
        h(
          "button",
          { class: "tool", type: "button", "aria-label": t("web.close"), on: { click: () => dialog.close() } },
          icon("close"),
        ),
      ),
      h("div", { class: "dialog-body" }, content),
    )
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Close the dialog that is open, if one is. */
export function closeDialog() {
  /** @type {?HTMLDialogElement} */ (document.querySelector("dialog[open]"))?.close();
}
