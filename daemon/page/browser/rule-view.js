// The view of one rule: its thresholds, its keys, and why receivers were notified or not.

/** @import { PageChart, PageDecision, PageKey, PageRuleView } from "../page-report.ts" */

import { runbookLink } from "./alerts.js";
import { largeChart } from "./chart.js";
import { element, mark, markName, setText, show } from "./elements.js";
import { heatMap } from "./heat-map.js";
import { timeText } from "./times.js";

/**
 * Creates the view of a rule in an empty box.
 * @param {HTMLElement} box
 * @param {string} rule
 * @param {() => number} nowUnixMs
 */
export function ruleView(box, rule, nowUnixMs) {
  const title = element("h2", { tabindex: "-1" }, rule);
  const state = element("span", { class: "view-state" });
  const description = element("p", { class: "description" });
  const facts = element("dl", { class: "facts" });
  const chart = largeChart();
  const heat = heatMap();
  const keys = element("tbody");
  const more = element("p", { class: "quiet" });
  const table = keyTable(keys);
  const keysTitle = element("h3", {}, "Keys, the worst first");
  box.replaceChildren(
    element("p", { class: "back" }, element("a", { href: "#/" }, "All rules")),
    element("div", { class: "view-head" }, title, state),
    description,
    element("div", { class: "view-body" }, facts, element("div", { class: "charts" }, chart.element, heat.element)),
    keysTitle,
    table,
    more,
  );
  chart.update(undefined);
  heat.update(undefined);
  return {
    focus: () => title.focus(),
    /** @param {PageChart | undefined} values */
    redraw: (values) => chart.update(values),
    /** @param {PageRuleView} view */
    update(view) {
      state.replaceChildren(mark(markName(view.state, view.level), view.runs ? undefined : "does not run"));
      setText(description, view.runs ? view.description : view.why);
      facts.replaceChildren(...factsOf(view));
      heat.update(view.heat);
      for (const each of [table, keysTitle]) show(each, view.keys.length > 0);
      updateKeys(keys, view.keys, nowUnixMs());
      show(more, view.omitted > 0);
      setText(more, `${view.omitted} more keys: bpfwarden status ${view.id} --json`);
    },
  };
}

/** @param {HTMLElement} body */
function keyTable(body) {
  const head = ["State", "Key", "Value", "Since", "Because", "Decisions"].map((text, index) =>
    element("th", { scope: "col", class: ["", "", "", "middle", "middle", ""][index] ?? "" }, text),
  );
  return element("table", { class: "keys" }, element("thead", {}, element("tr", {}, ...head)), body);
}

/** @param {PageRuleView} view */
function factsOf({ thresholds, facts }) {
  return [
    ...thresholds.map(({ name, value }) => [
      element("dt", {}, ["info", "warning", "critical"].includes(name) ? mark(levelOf(name)) : name),
      element("dd", {}, element("code", {}, value)),
    ]),
    ...facts.map(({ name, value }) => [element("dt", {}, name), element("dd", {}, runbookLink(value) || value)]),
  ].flat();
}

/**
 * @param {string} name
 * @returns {"info" | "warning" | "critical"}
 */
const levelOf = (name) => (name === "critical" ? "critical" : name === "info" ? "info" : "warning");

/**
 * Replaces the rows that differ, so that an opened list of decisions stays open.
 * @param {HTMLElement} body
 * @param {readonly PageKey[]} keys
 * @param {number} now
 */
function updateKeys(body, keys, now) {
  keys.forEach((key, index) => {
    const text = JSON.stringify(key);
    const known = /** @type {HTMLElement | undefined} */ (body.children[index]);
    if (known?.dataset["row"] === text) return;
    const isOpen = known?.querySelector("details")?.open === true && known.dataset["key"] === key.labels;
    const row = keyRow(key, now, isOpen);
    row.dataset["row"] = text;
    row.dataset["key"] = key.labels;
    if (known === undefined) body.append(row);
    else known.replaceWith(row);
  });
  while (body.children.length > keys.length) body.lastElementChild?.remove();
}

/**
 * @param {PageKey} key
 * @param {number} now
 * @param {boolean} isOpen
 */
function keyRow({ name, labels, state, level, startsAtUnixMs, value, reason, decisions }, now, isOpen) {
  return element(
    "tr",
    {},
    element("td", { class: "state" }, mark(markName(state, level))),
    element("th", { scope: "row" }, element("code", {}, labels === "" ? name : labels)),
    element("td", { class: "value" }, value),
    element("td", { class: "middle" }, startsAtUnixMs === undefined ? "" : timeText(startsAtUnixMs, now)),
    element("td", { class: "middle because" }, reason),
    element("td", {}, decisions.length === 0 ? "nothing to notify" : decisionList(decisions, isOpen)),
  );
}

/**
 * @param {readonly PageDecision[]} decisions
 * @param {boolean} isOpen
 */
function decisionList(decisions, isOpen) {
  const items = decisions.map(({ stage, outcome, action, at, reason }) =>
    element(
      "li",
      {},
      element("b", {}, stage),
      ` ${outcome}${action === "" ? "" : ` for ${action}`} at ${at.slice(11, 19)}Z: ${reason}`,
    ),
  );
  const last = decisions.find(({ outcome }) => outcome !== "passed") ?? decisions.at(-1);
  const summary = element("summary", {}, last === undefined ? "" : `${last.stage} ${last.outcome}: ${last.reason}`);
  const details = element("details", {}, summary, element("ul", { class: "lines" }, ...items));
  details.open = isOpen;
  return details;
}
