/**
 * What if: the menus at a segment and at an end, which turn a click into another plan.
 *
 * Responsible for what can be asked; playing the plan and marking what differs is the store's work.
 * @module whatif
 */

import { byId, h } from "./dom.js";
import { clock, has, t } from "./i18n.js";
import { icon } from "./icons.js";
import { openMenu, closeMenu } from "./menu.js";
import { SEGMENT_ACTIONS, faultFor, faultsOn, withChange, withFault, withSetting } from "./plan.js";
import { numbers } from "./rowview.js";
import { settingForm } from "./settings.js";
import { store } from "./store.js";
import { actionName, sayFault } from "./words.js";

/** What is asked for at a row happens right after it: after everything else that happens at its instant. */
const AFTER_NS = 1;
const TEXT_DEFAULT = { write: "500", read: "" };

function ask(plan, made) {
  closeMenu();
  return store.ask(plan, made);
}

/** One line of a menu: a button, and a field for its number where it takes one. */
function item(name, text, press, field = null) {
  const button = h("button", { class: "item", type: "button", data: { act: name }, on: { click: press } }, text);
  return h("div", { class: "line" }, button, field);
}

function segmentItem(flight, action) {
  const plan = store.branch.plan;
  const label = t(`web.what.${action.kind}`);
  let field = null;
  if (action.time || action.by) {
    field = h("input", {
      type: "text",
      class: "amount",
      value: action.time ?? action.by,
      "aria-label": t(action.time ? "web.what.time" : "web.what.by", { what: label }),
      data: { amount: action.kind },
    });
  }
  const press = () => {
    const given = field?.value.trim();
    const how = action.time ? { time: given } : { by: Number(given) || 1 };
    const fault = faultFor(action.kind, flight, how);
    ask(withFault(plan, action.kind, flight, how), { kind: "fault", what: fault });
  };
  field?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // or the button that gets the focus back would be pressed as well
    press();
  });
  return item(action.kind, [icon(action.icon, `i-${action.kind}`), label], press, field);
}

/** What happened to this segment because somebody asked: it can be taken back. */
function takenBack(flight) {
  const plan = store.branch.plan;
  return faultsOn(plan, flight).map((fault) => {
    const without = { ...plan, faults: plan.faults.filter((other) => other !== fault) };
    const press = () => ask(without, { kind: "without", what: { kind: "fault", what: fault } });
    return item("undo", [icon("undo"), t("web.remove", { what: sayFault(fault) })], press);
  });
}

/**
 * Ask what could happen to the segment of a row; for a row without one, what its end could do.
 * @param {number} row
 * @param {Element} anchor
 */
export function openRowMenu(row, anchor) {
  if (!store.branch) {
    store.tell("say", t("web.what.fixed"));
    return;
  }
  const { left, flight } = store.run.rows[row];
  if (!flight) {
    openEndMenu(left ? 0 : 1);
    return;
  }
  if (!flight.ordinal) {
    openMenu(anchor, t("web.what.segment"), [h("p", { class: "menu-note" }, t("web.what.injected"))]);
    return;
  }
  const title = t("web.what.segment");
  const about = h(
    "p",
    { class: "menu-note" },
    `${flight.from} → ${flight.to}  `,
    h("b", {}, flight.flags.join(" ")),
    `  ${numbers(flight)}`,
  );
  openMenu(anchor, title, [
    about,
    ...SEGMENT_ACTIONS.map((action) => segmentItem(flight, action)),
    ...takenBack(flight),
  ]);
}

function endItem(host, at, action) {
  const plan = store.branch.plan;
  const name = actionName(action.name);
  let field = null;
  if (action.value !== "none") {
    const label = has(`web.action.${action.name}.value`) ? t(`web.action.${action.name}.value`) : name;
    field = h("input", {
      type: "text",
      class: "amount",
      value: TEXT_DEFAULT[action.name] ?? "",
      "aria-label": label,
      title: label,
      data: { amount: action.name },
    });
  }
  const press = () => {
    const made = { at, host, action: action.name, value: field?.value.trim() ?? "", name: "" };
    ask(withChange(plan, made), { kind: "change", what: made });
  };
  field?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // or the button that gets the focus back would be pressed as well
    press();
  });
  const line = item(action.name, name, press, field);
  if (action.about) line.title = action.about;
  return line;
}

const LINK = "link"; // what the cable is called where hosts have their names

/** The actions or settings of one kind of place; a setting is chosen in a form of its own. */
function placed(list, place) {
  return list.filter((entry) => entry.place === place && entry.name !== "set");
}

/** Right after the current row. */
function now() {
  return store.run.instants[store.position] + AFTER_NS;
}

/** Ask what could happen to the cable at the current instant. */
export function openLinkMenu() {
  if (!store.branch) return;
  const at = now();
  const lines = placed(store.catalog.actions, LINK).map((action) => endItem(LINK, at, action));
  const settings = settingForm(placed(store.catalog.settings, LINK), LINK, (setting, value, start) =>
    change(LINK, at, setting, value, start),
  );
  openMenu(byId("link-menu"), t("web.what.link", { time: clock(at) }), [...lines, settings], { wide: true });
}

function change(host, at, setting, value, start) {
  const plan = store.branch.plan;
  if (start) {
    ask(withSetting(plan, host, setting.name, value), { kind: "setting", what: [host, setting.name, value] });
  } else {
    const made = { at, host, action: "set", value, name: setting.name };
    ask(withChange(plan, made), { kind: "change", what: made });
  }
}

/**
 * Ask what an end could do at the current instant.
 * @param {0|1} side
 */
export function openEndMenu(side) {
  if (!store.branch) return;
  const host = store.run.hosts[side];
  const at = now();
  const actions = placed(store.catalog.actions, "host");
  const lines = actions.map((action) => endItem(host, at, action));
  const settings = settingForm(placed(store.catalog.settings, "host"), host, (setting, value, start) =>
    change(host, at, setting, value, start),
  );
  const title = t("web.what.end", { host, time: clock(at) });
  openMenu(byId(`end-${side}`), title, [...lines, settings], { wide: true });
}
