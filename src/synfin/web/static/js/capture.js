/**
 * Opening a capture: a file that is chosen or dropped on the page goes to the server, which reads it.
 * @module capture
 */

import { upload } from "./api.js";
import { byId } from "./dom.js";
import { Run } from "./run.js";
import { store } from "./store.js";

async function open(file) {
  await store.during(async () => {
    const doc = await upload("api/capture", file, { lang: store.lang });
    doc.title ||= file.name;
    store.showForeign(new Run(doc), { capture: doc.capture ?? null, name: file.name });
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
