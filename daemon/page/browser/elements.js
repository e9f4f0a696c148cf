// Builds elements. Texts become text nodes only: no text of a message is ever read as markup.

/** @import { PageLevel, PageState } from "../page-report.ts" */

/**
 * Creates an element.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Readonly<Record<string, string>>} [attributes] constant names; values of `href` pass
 * through `followed` first
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * @param {string} name
 * @param {Readonly<Record<string, string>>} attributes
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function drawing(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * Returns an element of the page.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element "${id}"`);
  return found;
}

/**
 * Sets a text, if it differs: an unchanged text node costs nothing.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @param {Element} node
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/**
 * Shows an element, or hides it from everybody, also from screen readers.
 * @param {HTMLElement} node
 * @param {boolean} isShown
 */
export function show(node, isShown) {
  if (node.hidden === isShown) node.hidden = !isShown;
}

/**
 * Returns the address of a rule's view.
 * @param {string} rule
 */
export const ruleAddress = (rule) => `#/rule/${encodeURIComponent(rule)}`;

/** Each state has a shape of its own, so that no state is told by its color alone. */
const SHAPES = {
  critical: "M6 .8 11.6 11H.4z",
  warning: "M6 .3 11.7 6 6 11.7.3 6z",
  info: "M6 .8a5.2 5.2 0 1 1 0 10.4A5.2 5.2 0 0 1 6 .8z",
  pending: "M6 .8a5.2 5.2 0 1 1 0 10.4A5.2 5.2 0 0 1 6 .8zm0 2a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4z",
  degraded: "M1 1h10v4H1zm0 6h4v4H1zm6 0h4v4H7z",
  no_data: "M1 5h10v2H1z",
  ok: "M4.6 10.6.6 6.500l1.600-1.600 2.400 2.400L9.800 1.800l1.600 1.600z",
};

const WORDS = {
  critical: "critical",
  warning: "warning",
  info: "info",
  pending: "pending",
  degraded: "degraded",
  no_data: "no data",
  ok: "ok",
};

/**
 * Returns the mark's name: the level of what fires, else the state.
 * @param {PageState} state
 * @param {PageLevel | undefined} level
 * @returns {keyof typeof WORDS}
 */
export function markName(state, level) {
  return state === "firing" ? (level ?? "warning") : state;
}

/**
 * Creates a mark of a state: a shape with the word.
 * @param {keyof typeof WORDS} name
 * @param {string} [word]
 */
export function mark(name, word = WORDS[name]) {
  const shape = drawing("svg", { viewBox: "0 0 12 12", "aria-hidden": "true", class: "shape" });
  shape.append(drawing("path", { d: SHAPES[name], "fill-rule": "evenodd" }));
  return element("span", { class: `mark ${name}` }, shape, element("span", {}, word));
}
