/**
 * The page's start: get the catalog, connect the parts, play the plan that the address names.
 * @module main
 */

import { byId } from "./dom.js";
import { translate } from "./i18n.js";
import { icon, putIcons } from "./icons.js";
import { store } from "./store.js";
import { planInAddress, watchAddress } from "./address.js";
import { startCapture } from "./capture.js";
import { startChooser } from "./chooser.js";
import { startCompare } from "./compare.js";
import { startEnds } from "./ends.js";
import { startExplanation } from "./explanation.js";
import { startHead } from "./head.js";
import { startKeys } from "./keys.js";
import { startLearn } from "./learn.js";
import { startLive, watchLive } from "./live.js";
import { startMessages } from "./messages.js";
import { startSave } from "./save.js";
import { startScrub } from "./scrub.js";
import { startTabs } from "./tabs.js";
import { startTheme } from "./theme.js";
import { startView } from "./view.js";

function start() {
  putIcons(document);
  byId("choose").append(icon("down"));
  store.on("catalog", () => translate(document));
  const parts = [
    startMessages,
    startTheme,
    startHead,
    startEnds,
    startView,
    startScrub,
    startExplanation,
    startTabs,
    startCompare,
    startChooser,
    startSave,
    startCapture,
    startLive,
    startLearn,
    startKeys,
  ];
  for (const part of parts) part();
}

async function open() {
  await store.during(() => store.useLanguage(store.rememberedLanguage()));
  if (!store.catalog) return;
  const asked = planInAddress();
  if (store.catalog.live && !asked) await watchLive();
  if (asked) await store.begin(asked.plan, { row: asked.row });
  if (!store.run) await store.choose(store.catalog.default ?? store.catalog.scenarios[0].name);
  watchAddress();
}

start();
await open();
document.documentElement.dataset.ready = "";
