/**
 * Small things that outlast a visit: language, colours, token, questions that were answered.
 * @module memory
 */

/** Keep a small thing for the next visit, where the browser allows it. */
export function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing is a choice of its user.
  }
}

/** What was kept on an earlier visit, or nothing. */
export function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
