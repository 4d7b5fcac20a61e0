/**
 * The ladder of the run in view, connected with the store.
 * @module view
 */

import { byId } from "./dom.js";
import { Ladder } from "./ladder.js";
import { store } from "./store.js";
import { openRowMenu } from "./whatif.js";

/** Draw the run, and follow the current row. */
export function startView() {
  const ladder = new Ladder(byId("ladder"), {
    name: "row",
    onSelect: (row) => store.go(row),
    onOpen: (row, anchor) => openRowMenu(row, anchor),
  });
  store.on("run", () => {
    ladder.show(store.run, store.difference);
    if (!store.origin?.live) ladder.go(store.position);
  });
  store.on("marks", (difference) => {
    ladder.show(store.run, difference);
    ladder.go(store.position);
  });
  store.on("grown", () => ladder.grown());
  store.on("position", ({ row }) => ladder.go(row));
}
