/**
 * Elements, made without markup strings, so that no text of a run or a capture can become markup.
 *
 * Responsible for creating and finding elements; what they mean belongs to the modules that ask for them.
 * @module dom
 */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {string|number|Node|null|undefined|false} Child */

/**
 * The element with an id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * A new HTML element.  `props`: `class`, `on` (listeners by event), `data`; anything else becomes an attribute, `true`
 * an empty one, `false` and `null` none.
 * @param {string} tag
 * @param {Object<string, *>} [props]
 * @param {...(Child|Child[])} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/**
 * A new SVG element; arguments as for `h`.
 * @param {string} tag
 * @param {Object<string, *>} [props]
 * @param {...(Child|Child[])} children
 * @returns {SVGElement}
 */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const name in props) {
    const value = props[name];
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.setAttribute("class", value);
    else if (name === "on") for (const event in value) element.addEventListener(event, value[event]);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  put(element, children);
  return element;
}

function put(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) put(element, child);
    else if (child !== null && child !== undefined && child !== false) {
      element.append(child instanceof Node ? child : String(child));
    }
  }
}

/**
 * Give an element these children and no others.
 * @param {Element} element
 * @param {...(Child|Child[])} children
 */
export function replace(element, ...children) {
  element.replaceChildren();
  put(element, children);
}

/**
 * Call `work` once per frame at most, with the latest arguments.
 * @template {any[]} A
 * @param {(...args: A) => void} work
 * @returns {(...args: A) => void}
 */
export function perFrame(work) {
  let wanted = null;
  return (...args) => {
    if (wanted === null) {
      requestAnimationFrame(() => {
        const latest = wanted;
        wanted = null;
        work(...latest);
      });
    }
    wanted = args;
  };
}

/**
 * Move the focus among the elements of a list by arrow keys, Home and End.
 * @param {KeyboardEvent} event
 * @param {HTMLElement[]} elements
 * @param {{horizontal?: boolean}} [how]
 * @returns {boolean} whether the key was used
 */
export function rove(event, elements, how = {}) {
  const forward = how.horizontal ? "ArrowRight" : "ArrowDown";
  const backward = how.horizontal ? "ArrowLeft" : "ArrowUp";
  const at = elements.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  let next = -1;
  if (event.key === forward) next = (at + 1) % elements.length;
  else if (event.key === backward) next = (at - 1 + elements.length) % elements.length;
  else if (event.key === "Home") next = 0;
  else if (event.key === "End") next = elements.length - 1;
  if (next < 0 || !elements.length) return false;
  event.preventDefault();
  elements[next].focus();
  return true;
}
