// Receivers, silences, and problems in files.

/** @import { PageProblem, PageReceiver, PageSilence } from "../page-report.ts" */
/** @import { RowView } from "./lists.js" */

import { lines } from "./alerts.js";
import { element, mark, setText } from "./elements.js";
import { timeText } from "./times.js";

/**
 * Creates the row of an action.
 * @returns {RowView<PageReceiver>}
 */
export function receiverRow() {
  const row = element("tr");
  return {
    element: row,
    update({ id, kind, delivered, waiting, retried, failed, dropped, isTroubled, notes }) {
      const number = (/** @type {string} */ text, kindOf = "number") => element("td", { class: kindOf }, text);
      row.replaceChildren(
        element("th", { scope: "row" }, mark(isTroubled ? "warning" : "ok", id)),
        element("td", { class: "middle" }, kind),
        number(delivered),
        number(waiting),
        number(retried, "number middle"),
        number(failed),
        number(dropped, "number middle"),
        element("td", { class: "wide notes" }, notes.length === 0 ? "" : lines(notes)),
      );
    },
  };
}

/**
 * Creates the row of a silence.
 * @param {() => number} nowUnixMs
 * @returns {RowView<PageSilence>}
 */
export function silenceRow(nowUnixMs) {
  const row = element("tr");
  return {
    element: row,
    update({ id, state, matchers, startsAtUnixMs, endsAtUnixMs, author, comment }) {
      const now = nowUnixMs();
      row.replaceChildren(
        element("th", { scope: "row" }, element("code", {}, id.slice(0, 8)), ` ${state}`),
        element("td", {}, element("code", {}, matchers)),
        element("td", { class: "middle" }, timeText(startsAtUnixMs, now)),
        element("td", {}, timeText(endsAtUnixMs, now)),
        element("td", { class: "middle" }, author),
        element("td", { class: "wide" }, comment),
      );
    },
  };
}

/**
 * Creates a problem with its code frame.
 * @returns {RowView<PageProblem>}
 */
export function problemItem() {
  const head = element("p", { class: "problem-head" });
  const frame = element("pre", { tabindex: "0" });
  const help = element("p", { class: "help" });
  const item = element("article", { class: "problem" }, head, frame, help);
  return {
    element: item,
    update({ severity, place, message, frame: text, help: advice }) {
      item.setAttribute("aria-label", place);
      frame.setAttribute("aria-label", `the line of ${place}`);
      head.replaceChildren(
        mark(severity === "error" ? "critical" : "warning", severity),
        element("code", { class: "place" }, place),
        element("span", {}, message),
      );
      setText(frame, text);
      setText(help, advice === "" ? "" : `help: ${advice}`);
    },
  };
}
