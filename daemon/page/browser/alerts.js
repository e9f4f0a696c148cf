// What fires and why.

/** @import { PageAlert, PageChart, PageFact, PageOther } from "../page-report.ts" */
/** @import { RowView } from "./lists.js" */

import { largeChart } from "./chart.js";
import { element, mark, ruleAddress, setText, show } from "./elements.js";
import { durationText, timeText } from "./times.js";

/**
 * @typedef {object} AlertContext
 * @property {(rule: string) => PageChart | undefined} chartOf
 * @property {() => number} nowUnixMs the daemon's time
 */

/**
 * Creates the card of an alert.
 * @param {AlertContext} context
 * @returns {RowView<PageAlert> & { readonly redraw: () => void }}
 */
export function alertCard({ chartOf, nowUnixMs }) {
  const head = element("div", { class: "alert-head" });
  const judged = element("p", { class: "judged" });
  const texts = element("div", { class: "alert-texts" });
  const facts = element("dl", { class: "facts" });
  const chart = largeChart();
  const more = element("div", { class: "others" });
  const left = element("div", { class: "alert-left" }, judged, texts, facts);
  const card = element("article", {}, head, element("div", { class: "alert-body" }, left, chart.element), more);
  let rule = "";
  let isOwn = false;
  return {
    element: card,
    redraw: () => chart.update(isOwn ? chartOf(rule) : undefined),
    update(alert) {
      rule = alert.rule;
      card.className = `alert ${alert.level}`;
      card.setAttribute("aria-label", `${alert.id} ${alert.level}`);
      head.replaceChildren(...headOf(alert, nowUnixMs()));
      show(judged, alert.judged !== "");
      setText(judged, alert.judged);
      texts.replaceChildren(...textsOf(alert));
      facts.replaceChildren(...factsOf(alert));
      isOwn = alert.id === rule;
      chart.update(isOwn ? chartOf(rule) : undefined);
      more.replaceChildren(...othersOf(alert, nowUnixMs()));
    },
  };
}

/**
 * @param {PageAlert} alert
 * @param {number} now
 */
function headOf({ id, rule, labels, level, startsAtUnixMs }, now) {
  const title = element("h3", {}, rule === "" ? id : element("a", { href: ruleAddress(rule) }, id));
  const lasted = element("span", { "data-since": String(startsAtUnixMs) }, durationText(now - startsAtUnixMs));
  const since = element("span", { class: "since" }, "for ", lasted, `, since ${timeText(startsAtUnixMs, now)}`);
  return [mark(level), title, ...(labels === "" ? [] : [element("code", { class: "labels" }, labels)]), since];
}

/** @param {PageAlert} alert */
function textsOf({ summary, reason, judged }) {
  const isSaid = summary === reason || judged.startsWith(reason);
  return [
    ...(summary === "" ? [] : [element("p", { class: "summary" }, summary)]),
    ...(isSaid ? [] : [element("p", { class: judged === "" ? "summary" : "reason" }, reason)]),
  ];
}

/** @param {PageAlert} alert */
function factsOf(alert) {
  return [
    ...fact("Worst keys", alert.topKeys.length > 0 && keyTable(alert.topKeys)),
    ...fact("Also", alert.values),
    ...fact("Counts", alert.isDoubtful && mark("degraded", alert.confidence)),
    ...fact("Notified", alert.notified.join(", ") || "nobody yet"),
    ...fact("Held back", alert.heldBy.length > 0 && lines(alert.heldBy)),
    ...fact("Records", alert.evidence.length > 0 && lines(alert.evidence, "mono")),
    ...fact("Runbook", runbookLink(alert.runbook)),
    ...fact("Silence", commandOf(alert.silence)),
  ];
}

/**
 * @param {string} name
 * @param {Node | string | false} value
 */
function fact(name, value) {
  if (value === "" || value === false) return [];
  return [element("dt", {}, name), element("dd", {}, value)];
}

/**
 * Returns the table of the further alerts of the same rule.
 * @param {PageAlert} alert
 * @param {number} now
 */
function othersOf({ id, others, omitted }, now) {
  if (others.length === 0) return [];
  const head = ["Level", "Key", "Value", "Since"].map((text) => element("th", { scope: "col" }, text));
  const rows = others.map((other) => otherRow(other, now));
  const caption = element("caption", {}, "Also firing");
  const table = element(
    "table",
    {},
    caption,
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows),
  );
  const left = element("p", { class: "quiet" }, `${omitted} more: bpfwarden alerts 'alertname="${id}"'`);
  return omitted === 0 ? [table] : [table, left];
}

/**
 * @param {PageOther} other
 * @param {number} now
 */
function otherRow({ level, labels, text, startsAtUnixMs, isHeld }, now) {
  return element(
    "tr",
    {},
    element("td", {}, mark(level)),
    element("td", {}, element("code", {}, labels)),
    element("td", {}, text),
    element("td", {}, `${timeText(startsAtUnixMs, now)}${isHeld ? ", held back" : ""}`),
  );
}

/** @param {readonly PageFact[]} keys */
function keyTable(keys) {
  const rows = keys.map(({ name, value }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, element("code", {}, name === "" ? "all" : name)),
      element("td", { class: "number" }, value),
    ),
  );
  return element("table", { class: "top-keys" }, element("tbody", {}, ...rows));
}

/**
 * @param {readonly string[]} texts
 * @param {string} [kind]
 */
export function lines(texts, kind = "") {
  return element("ul", { class: `lines ${kind}` }, ...texts.map((text) => element("li", {}, text)));
}

/**
 * Returns a link, if the address is one of the web. The daemon has checked that too.
 * @param {string} address
 * @returns {Node | ""}
 */
export function runbookLink(address) {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) return "";
  return element("a", { href: url.href, rel: "noreferrer noopener", target: "_blank" }, address);
}

/**
 * Returns a command with a button that copies it, where browsers allow that.
 * @param {string} command
 */
function commandOf(command) {
  const box = element("span", { class: "command" }, element("code", {}, command));
  const button = element("button", { type: "button" }, "Copy");
  show(button, navigator.clipboard !== undefined);
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(command).then(
      () => setText(button, "Copied"),
      () => setText(button, "Not allowed"),
    );
  });
  box.append(button);
  return box;
}
