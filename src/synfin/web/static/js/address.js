/**
 * The page's address: it holds the plan in view, so that copying it shares the run.
 *
 * The plan stands behind `#`, which browsers do not send to servers.
 * @module address
 */

import { store } from "./store.js";

/**
 * The plan and the row that the address names.
 * @returns {?{plan: import("./plan.js").Plan|string, row: number}} the text of a shared plan is read by the server
 */
export function planInAddress() {
  const inHash = new URLSearchParams(location.hash.slice(1));
  const inQuery = new URLSearchParams(location.search);
  const text = inHash.get("plan") ?? inQuery.get("plan");
  const row = Number(inHash.get("row")) || 0;
  if (text) return { plan: text, row };
  const scenario = inHash.get("scenario") ?? inQuery.get("scenario");
  return scenario ? { plan: { scenario }, row } : null;
}

/**
 * The address of what is in view: plan and row.
 * @param {{token: boolean}} how whether it lets everybody in who has it
 * @returns {string}
 */
export function addressOfView({ token }) {
  const url = new URL(location.href);
  for (const name of ["plan", "scenario", ...(token ? [] : ["token"])]) url.searchParams.delete(name);
  url.hash = store.branch ? `plan=${store.run.doc.share}&row=${store.position}` : "";
  return url.href;
}

/** Keep the plan of the run in view in the address, and follow an address that is pasted. */
export function watchAddress() {
  const write = () => history.replaceState(null, "", addressOfView({ token: true }));
  store.on("run", write);
  if (store.run) write();
  addEventListener("hashchange", () => {
    const asked = planInAddress();
    if (asked) store.begin(asked.plan, { row: asked.row });
  });
}
