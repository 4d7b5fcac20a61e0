/**
 * Opening a capture: a file that is chosen or dropped on the page goes to the server, which reads it.
 * @module capture
 */

import { upload } from "./api.js";
import { byId } from "./dom.js";
import { Run } from "./run.js";
import { store } from "./store.js";

/**
 * Show a connection of a capture; the file is kept, so that another connection or another language can be had.
 * @param {File} file
 * @param {number} [connection] from 1
 * @param {number} [row]
 */
async function open(file, connection = 1, row = 0) {
  await store.during(async () => {
    const doc = await upload("api/capture", file, { lang: store.lang, connection: String(connection) });
    doc.title ||= file.name;
    const again = (other, at) => open(file, other ?? connection, at);
    store.showForeign(new Run(doc), { capture: doc.capture, again });
    store.go(row);
  });
}

/** Let files be chosen and dropped. */
export function startCapture() {
  const input = /** @type {HTMLInputElement} */ (byId("file"));
  const curtain = byId("drop");
  let depth = 0;
  byId("open").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = "";
    if (file) open(file);
  });
  const files = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (!files(event)) return;
    depth += 1;
    curtain.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (!files(event)) return;
    depth -= 1;
    curtain.hidden = depth > 0 ? curtain.hidden : true;
  });
  document.addEventListener("dragover", (event) => {
    if (files(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    depth = 0;
    curtain.hidden = true;
    const [file] = event.dataTransfer.files;
    if (file) open(file);
  });
}
