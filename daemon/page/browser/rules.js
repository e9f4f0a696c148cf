// The table of all rules.

/** @import { PageChart, PageRule } from "../page-report.ts" */
/** @import { RowView } from "./lists.js" */

import { smallChart } from "./chart.js";
import { element, mark, markName, ruleAddress, setAttribute, setText } from "./elements.js";

/** The columns after the value, with their classes. The order is that of the table's head. */
const COLUMNS = /** @type {const} */ ([
  ["keys", "wide"],
  ["probes", "wide number"],
  ["kernel", "wide number"],
  ["cpu", "wide number"],
  ["run", "wide number"],
]);

/**
 * Creates the row of a rule.
 * @param {PageRule} rule
 * @param {(rule: string) => PageChart | undefined} chartOf
 * @returns {RowView<PageRule> & { readonly redraw: () => void, readonly text: () => string }}
 */
export function ruleRow({ id }, chartOf) {
  const state = element("td", { class: "state" });
  const value = element("td", { class: "value" });
  const labels = element("code");
  const chart = smallChart();
  const cells = COLUMNS.map(([name, kind]) => ({ name, cell: element("td", { class: kind }) }));
  const lost = element("td", { class: "middle lost" });
  const row = element(
    "tr",
    {},
    state,
    element("th", { scope: "row" }, element("a", { href: ruleAddress(id) }, id)),
    value,
    element("td", { class: "wide worst-key" }, labels),
    element("td", { class: "spark-cell" }, chart.element),
    ...cells.map(({ cell }) => cell),
    lost,
  );
  let shownState = "";
  return {
    element: row,
    redraw: () => chart.update(chartOf(id)),
    text: () => `${id} ${shownState}`,
    update(rule) {
      const name = markName(rule.state, rule.level);
      if (`${rule.state} ${name}` !== shownState) state.replaceChildren(mark(name));
      shownState = `${rule.state} ${name}`;
      row.className = name;
      setText(value, rule.value);
      setText(labels, rule.labels);
      for (const { name: column, cell } of cells) setText(cell, rule[column]);
      setAttribute(labels, "title", rule.labels);
      setText(lost, rule.lost);
      setAttribute(lost, "title", rule.lost);
      chart.update(chartOf(id));
    },
  };
}
