/**
 * The server's HTTP interface: every request carries the token, every refusal becomes an `ApiError`.
 *
 * Responsible for requests and answers; nobody else calls `fetch`.
 * @module api
 */

import { recall, remember } from "./memory.js";

const TOKEN_KEY = "synfin.token";

/** The token of the address; without one, that of the last visit to this server: links that are shared have none. */
function findToken() {
  const given = new URLSearchParams(location.search).get("token");
  if (given === null) return recall(TOKEN_KEY) ?? "";
  remember(TOKEN_KEY, given);
  return given;
}

const token = findToken();

/** What the server refused, in its own words; `field` names the part of the plan that is wrong. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status 0: the server was not reached
   * @param {string} [field]
   */
  constructor(message, status, field = "") {
    super(message);
    this.status = status;
    this.field = field;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} options
 * @returns {Promise<Response>}
 */
async function ask(path, options) {
  const headers = { ...options.headers, ...(token ? { "X-Synfin-Token": token } : {}) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("", 0);
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new ApiError(told.error ?? `${answer.status} ${answer.statusText}`, answer.status, told.field);
}

/**
 * GET a JSON value.
 * @param {string} path
 * @param {Object<string, string>} [query]
 * @returns {Promise<any>}
 */
export async function get(path, query = {}) {
  const search = new URLSearchParams(query).toString();
  return (await ask(search ? `${path}?${search}` : path, {})).json();
}

function json(body, signal) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal };
}

/**
 * POST a JSON value, get one back.
 * @param {string} path
 * @param {Object} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function post(path, body, signal) {
  return (await ask(path, json(body, signal))).json();
}

/**
 * POST a JSON value, get a file back.
 * @param {string} path
 * @param {Object} body
 * @returns {Promise<Blob>}
 */
export async function file(path, body) {
  return (await ask(path, json(body))).blob();
}

/**
 * POST a file as it is.
 * @param {string} path
 * @param {Blob} content
 * @param {Object<string, string>} query
 * @returns {Promise<any>}
 */
export async function upload(path, content, query) {
  const search = new URLSearchParams(query).toString();
  const headers = { "Content-Type": "application/octet-stream" };
  return (await ask(`${path}?${search}`, { method: "POST", headers, body: content })).json();
}

/**
 * The address of a WebSocket of this server.
 * @param {string} path
 * @param {Object<string, string>} query
 */
export function socketUrl(path, query) {
  const url = new URL(path, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.search = new URLSearchParams({ ...query, ...(token ? { token } : {}) }).toString();
  url.hash = "";
  return url.href;
}
