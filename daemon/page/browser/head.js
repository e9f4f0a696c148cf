// The top and the bottom of the page: the daemon, its rules by state, and the connection.

/** @import { PageHead, PageState } from "../page-report.ts" */

import { byId, element, mark, setText, show } from "./elements.js";
import { durationText, timeText } from "./times.js";

/** @type {readonly PageState[]} */
const STATES = ["firing", "degraded", "pending", "no_data", "ok"];

/** @param {PageHead} head */
export function updateHead(head) {
  setText(byId("instance"), head.instance);
  document.title = `${head.firing === 0 ? "" : `(${head.firing}) `}bpfwarden${head.instance === "" ? "" : ` ${head.instance}`}`;
  byId("counts").replaceChildren(
    ...STATES.filter((state) => head.counts[state] > 0 || state === "firing").map((state) => countOf(state, head)),
  );
  setText(
    byId("daemon"),
    `bpfwarden ${head.version}, process ${head.pid}, ${head.folder}, since ${new Date(head.startedAtUnixMs).toISOString().slice(0, 19)}Z`,
  );
  show(byId("heartbeat"), head.heartbeat !== "");
  setText(byId("heartbeat"), head.heartbeat);
  const troubles = byId("troubles");
  show(troubles, head.troubles.length > 0);
  troubles.replaceChildren(...head.troubles.map((text) => element("li", {}, text)));
}

/**
 * @param {PageState} state
 * @param {PageHead} head
 */
function countOf(state, { counts, level }) {
  const number = counts[state];
  const name = state === "firing" ? (number === 0 ? "ok" : (level ?? "warning")) : state;
  const word = state === "no_data" ? "no data" : state;
  return element("li", {}, mark(name, `${number} ${word}`));
}

/**
 * Shows whether messages come.
 * @param {boolean} isLive
 * @param {number} lastUnixMs the time of the last message
 */
export function updateConnection(isLive, lastUnixMs) {
  document.body.classList.toggle("is-stale", !isLive);
  setText(byId("connection-text"), isLive ? "live" : "not connected");
  const stale = byId("stale");
  show(stale, !isLive);
  if (!isLive)
    setText(
      stale,
      `The daemon does not answer since ${timeText(lastUnixMs, lastUnixMs)}. What follows is as it was then. Trying again.`,
    );
}

/**
 * Brings the texts of elements with `data-since` up to date: for how long something has lasted.
 * @param {number} nowUnixMs
 */
export function updateSince(nowUnixMs) {
  for (const node of document.querySelectorAll("[data-since]"))
    setText(node, durationText(nowUnixMs - Number(node.getAttribute("data-since"))));
}
