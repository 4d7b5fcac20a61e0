/**
 * The chapters: read, watch the runs that they are about, predict, and be told whether it was right.
 * @module learn
 */

import { get, post } from "./api.js";
import { closeDialog, openDialog } from "./dialog.js";
import { byId, h, replace } from "./dom.js";
import { t } from "./i18n.js";
import { recall, remember } from "./memory.js";
import { store } from "./store.js";

const KEY = "synfin.learned";

/** Questions that were answered right, as `chapter/number`, on any visit. */
const done = new Set((recall(KEY) ?? "").split(" ").filter(Boolean));

function watch(plan) {
  closeDialog();
  return store.begin(plan);
}

async function answer(chapter, question, choice, box) {
  const told = await store.during(() =>
    post("api/grade", { chapter, question: question.number, answer: choice.value, lang: store.lang }),
  );
  if (!told) return;
  if (told.right) {
    done.add(`${chapter}/${question.number}`);
    remember(KEY, [...done].join(" "));
  }
  const verdict = told.right ? t("web.learn.right") : t("web.learn.wrong", { answer: told.text });
  const look = h(
    "button",
    { class: "button", type: "button", on: { click: () => watch(question.share) } },
    t("web.learn.look"),
  );
  replace(
    box,
    h("p", { class: told.right ? "verdict right" : "verdict" }, told.right ? "✓ " : "✗ ", verdict),
    h("p", {}, told.why),
    look,
  );
}

function drawQuestion(chapter, question) {
  const verdict = h("div", { class: "told", role: "status" });
  const name = `answer-${question.number}`;
  const choices = question.choices.map((choice) => {
    const press = () => answer(chapter, question, choice, verdict);
    return h(
      "label",
      { class: "answer" },
      h("input", { type: "radio", name, value: choice.value, on: { change: press } }),
      h("span", {}, choice.text),
    );
  });
  const sign = done.has(`${chapter}/${question.number}`) ? " ✓" : "";
  return h(
    "fieldset",
    { class: "question" },
    h("legend", {}, `${question.number}. ${question.ask}${sign}`),
    choices,
    verdict,
  );
}

function drawChapter(found) {
  return [
    h("button", { class: "button", type: "button", id: "chapters", on: { click: openList } }, t("web.learn.all")),
    found.paragraphs.map((text) => h("p", { class: "paragraph" }, text)),
    h("h3", {}, t("web.learn.watch")),
    found.watch.map(({ id, caption, share }) =>
      h(
        "button",
        { class: "entry", type: "button", data: { watch: id }, on: { click: () => watch(share) } },
        h("span", { class: "entry-about" }, "▶ ", caption),
      ),
    ),
    found.wrong.length > 0 && [
      h("h3", {}, t("web.learn.notes")),
      h(
        "ul",
        { class: "wrong" },
        found.wrong.map((text) => h("li", {}, text)),
      ),
    ],
    h("h3", {}, t("web.learn.questions")),
    found.questions.map((question) => drawQuestion(found.name, question)),
  ];
}

async function openChapter(name) {
  const found = await store.during(() => get("api/chapter", { name, lang: store.lang }));
  if (found) openDialog(found.title, drawChapter(found), { wide: true, name: "chapter" });
}

function openList() {
  const { chapters } = store.catalog;
  const entries = chapters.map(({ name, title, numbers }) =>
    h(
      "button",
      { class: "entry", type: "button", data: { chapter: name }, on: { click: () => openChapter(name) } },
      h("span", { class: "entry-name" }, title),
      h("span", { class: "entry-about" }, numbers.join(" "), stars(name)),
    ),
  );
  openDialog(t("web.learn"), [h("p", { class: "quiet" }, t("web.learn.about")), entries], {
    wide: true,
    name: "learn",
  });
}

/** How many questions of a chapter were answered right. */
function stars(name) {
  const count = [...done].filter((entry) => entry.startsWith(`${name}/`)).length;
  return count ? ` ${"✓".repeat(count)}` : "";
}

/** Let the button open the list of chapters. */
export function startLearn() {
  const button = byId("learn");
  button.addEventListener("click", openList);
  store.on("catalog", () => {
    button.hidden = !store.catalog.chapters?.length;
  });
}
