/**
 * A form that changes one setting of an end: from the current instant on, or from the beginning.
 * @module settings
 */

import { h, replace } from "./dom.js";
import { t } from "./i18n.js";
import { placeName } from "./words.js";

/**
 * @param {Object[]} settings of the catalog
 * @param {string} host
 * @param {(setting: Object, value: string, fromStart: boolean) => void} done
 * @returns {HTMLElement}
 */
export function settingForm(settings, host, done) {
  const teaching = settings.filter((setting) => setting.teaching);
  const choice = h(
    "select",
    { class: "setting-name", "aria-label": t("web.setting.name") },
    options(settings.filter((setting) => !setting.teaching)),
    teaching.length > 0 && h("optgroup", { label: t("web.setting.teaching") }, options(teaching)),
  );
  const about = h("p", { class: "menu-note" });
  const place = h("span", { class: "setting-value" });
  const now = h("button", { class: "button", type: "button", data: { act: "set" } }, t("web.setting.now"));
  const start = h("button", { class: "button", type: "button", data: { act: "setting" } }, t("web.setting.start"));
  const chosen = () => settings.find((setting) => setting.name === choice.value);
  const show = () => {
    const setting = chosen();
    about.textContent = setting.about;
    replace(place, field(setting));
    now.title = setting.live ? "" : t("web.setting.next");
  };
  const finish = (fromStart) => done(chosen(), place.firstElementChild.value.trim(), fromStart);
  choice.addEventListener("change", show);
  now.addEventListener("click", () => finish(false));
  start.addEventListener("click", () => finish(true));
  if (settings.length) show();
  return h(
    "fieldset",
    { class: "setting" },
    h("legend", {}, t("web.setting.legend", { host: placeName(host) })),
    h("div", { class: "setting-row" }, choice, place),
    about,
    h("div", { class: "setting-row" }, now, start),
  );
}

function options(settings) {
  return settings.map((setting) => h("option", { value: setting.name }, setting.name));
}

function field(setting) {
  const label = { "aria-label": setting.name };
  const standard = said(setting.default);
  if (setting.kind === "bool" || setting.kind === "choice") {
    const options = setting.kind === "bool" ? ["on", "off"] : setting.choices.map(said);
    const other = options.find((option) => option !== standard);
    return h(
      "select",
      label,
      options.map((option) => h("option", { value: option, selected: option === other }, word(option))),
    );
  }
  return h("input", { ...label, type: "text", value: standard });
}

/** A value as the plan writes it. */
function said(value) {
  if (value === true) return "on";
  if (value === false) return "off";
  return value === null || value === undefined ? "none" : String(value);
}

function word(option) {
  return option === "on" || option === "off" ? t(`web.${option}`) : option;
}
