/**
 * Taking a run away: as a link, and as a file that the server makes.
 * @module save
 */

import { file } from "./api.js";
import { addressOfView } from "./address.js";
import { openDialog } from "./dialog.js";
import { byId, h } from "./dom.js";
import { t } from "./i18n.js";
import { store } from "./store.js";

/** Formats, how their files are called, and whether a capture can be had in them. */
const FORMATS = [
  { name: "svg", file: "{name}.svg", ofCapture: true },
  { name: "html", file: "{name}.html", ofCapture: true },
  { name: "txt", file: "{name}.txt", ofCapture: true },
  { name: "json", file: "{name}.json", ofCapture: true },
  { name: "pcapng", file: "{name}.pcapng" },
  { name: "mmd", file: "{name}.mmd", ofCapture: true },
  { name: "test", file: "test_{name}.py" },
];

function fileName(pattern) {
  const name = store.branch?.plan.scenario ?? "capture";
  return pattern.replace("{name}", pattern.endsWith(".py") ? name.replaceAll("-", "_") : name);
}

async function save(format) {
  await store.during(async () => {
    const blob = await file("api/export", { ...store.subject, format: format.name, lang: store.lang });
    const link = h("a", { href: URL.createObjectURL(blob), download: fileName(format.file) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    store.tell("say", t("web.saved", { file: link.download }));
  });
}

function openSave() {
  if (!store.subject) {
    store.tell("error", t("web.save.live"));
    return;
  }
  const formats = FORMATS.filter((format) => store.branch || format.ofCapture);
  const dialog = openDialog(
    t("web.save"),
    h(
      "div",
      { class: "formats" },
      formats.map((format) => {
        const press = () => {
          dialog.close();
          save(format);
        };
        return h(
          "button",
          { class: "entry", type: "button", data: { format: format.name }, on: { click: press } },
          h("span", { class: "entry-name" }, t(`web.format.${format.name}`)),
          h("span", { class: "entry-about" }, t(`web.format.${format.name}.about`)),
        );
      }),
    ),
    { name: "save" },
  );
}

function openShare() {
  if (!store.branch) {
    store.tell("error", t("web.share.foreign"));
    return;
  }
  const address = addressOfView({ token: false });
  const field = h("input", {
    type: "text",
    id: "link",
    readonly: true,
    value: address,
    "aria-label": t("web.share.link"),
  });
  const told = h("p", { class: "quiet", role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address);
      told.textContent = t("web.share.copied");
    } catch {
      field.select();
      told.textContent = t("web.share.select");
    }
  };
  const button = h(
    "button",
    { class: "button primary", type: "button", id: "copy", on: { click: copy } },
    t("web.share.copy"),
  );
  openDialog(t("web.share"), [h("p", {}, t("web.share.about")), h("div", { class: "link-row" }, field, button), told], {
    name: "share",
  });
  field.select();
}

/** Connect the buttons. */
export function startSave() {
  byId("save").addEventListener("click", openSave);
  byId("share").addEventListener("click", openShare);
}
