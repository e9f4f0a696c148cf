// The status page: takes messages, and brings what is shown in step with them.

/** @import { PageAlert, PageChart, PageEntry, PageList, PageMessage, PageProblem, PageReceiver, PageReport, PageRow, PageRule, PageSilence } from "../page-report.ts" */

import { alertCard } from "./alerts.js";
import { Connection } from "./connection.js";
import { byId, setText, show } from "./elements.js";
import { updateConnection, updateHead, updateSince } from "./head.js";
import { historyRow } from "./history.js";
import { RowList } from "./lists.js";
import { problemItem, receiverRow, silenceRow } from "./others.js";
import { ruleRow } from "./rules.js";
import { ruleView } from "./rule-view.js";

/** @type {Map<string, Map<string, PageRow>>} the rows by list and id, in order */
const lists = new Map();
/** @type {Map<string, ReturnType<typeof alertCard>>} */
const cards = new Map();
/** @type {Map<string, ReturnType<typeof ruleRow>>} */
const rows = new Map();
/** the daemon's time minus the browser's: another host has another clock */
let offsetMs = 0;
let lastUnixMs = Date.now();
/** @type {ReturnType<typeof ruleView> | undefined} */
let view;
let isFirst = true;

const nowUnixMs = () => Date.now() + offsetMs;

/** @param {string} rule */
const chartOf = (rule) => /** @type {PageChart | undefined} */ (lists.get("charts")?.get(rule));

/**
 * @template {PageList} Name
 * @param {Name} name
 */
const rowsOf = (name) =>
  /** @type {PageReport[Name]} */ (/** @type {unknown} */ ([...(lists.get(name)?.values() ?? [])]));

/** @param {string} id */
const tableBody = (id) => /** @type {HTMLElement} */ (byId(id).querySelector("tbody"));

const alertList = new RowList({
  container: byId("alerts"),
  create: (/** @type {PageAlert} */ { id }) => {
    const card = alertCard({ chartOf, nowUnixMs });
    cards.set(id, card);
    return card;
  },
});
const ruleList = new RowList({
  container: tableBody("rules"),
  create: (/** @type {PageRule} */ rule) => {
    const row = ruleRow(rule, chartOf);
    rows.set(rule.id, row);
    return row;
  },
});
/** @type {RowList<PageReceiver>} */
const receiverList = new RowList({
  container: tableBody("receivers"),
  create: () => receiverRow(),
});
/** @type {RowList<PageSilence>} */
const silenceList = new RowList({
  container: tableBody("silences"),
  create: () => silenceRow(nowUnixMs),
});
/** @type {RowList<PageEntry>} */
const historyList = new RowList({
  container: tableBody("history"),
  create: () => historyRow(nowUnixMs, (name) => rows.has(name)),
});
/** @type {RowList<PageProblem>} */
const problemList = new RowList({
  container: byId("problems"),
  create: () => problemItem(),
});

/**
 * What to do when a list has changed.
 * @type {Readonly<Record<PageList, (changed: ReadonlySet<string>) => void>>}
 */
const UPDATES = {
  head: () => {
    const [head] = rowsOf("head");
    if (head === undefined) return;
    updateHead(head);
    show(byId("more-alerts"), head.leftOut > 0);
    setText(byId("more-alerts"), `${head.leftOut} more fire: bpfwarden alerts`);
    setText(byId("firing-count"), head.firing === 0 ? "" : String(head.firing));
  },
  charts: (changed) => {
    for (const [id, row] of rows) if (changed.has(id)) row.redraw();
    for (const { id, rule } of rowsOf("alerts")) if (changed.has(rule)) cards.get(id)?.redraw();
    const rule = ruleOfAddress();
    if (rule !== undefined && changed.has(rule)) view?.redraw(chartOf(rule));
  },
  alerts: (changed) => {
    announce();
    alertList.update(rowsOf("alerts"), changed);
    show(byId("no-alerts"), rowsOf("alerts").length === 0);
    forget(cards, rowsOf("alerts"));
  },
  rules: (changed) => {
    ruleList.update(rowsOf("rules"), changed);
    forget(rows, rowsOf("rules"));
    filterRules();
    countIn("rules", rowsOf("rules").length);
  },
  receivers: (changed) => {
    receiverList.update(rowsOf("receivers"), changed);
    countIn("receivers", rowsOf("receivers").length);
  },
  silences: (changed) => {
    silenceList.update(rowsOf("silences"), changed);
    countIn("silences", rowsOf("silences").length);
  },
  history: (changed) => {
    historyList.update(rowsOf("history"), changed);
    countIn("history", rowsOf("history").length);
  },
  problems: (changed) => {
    problemList.update(rowsOf("problems"), changed);
    show(byId("problems-section"), rowsOf("problems").length > 0);
    setText(byId("problems-count"), String(rowsOf("problems").length));
  },
  views: () => {
    const [found] = rowsOf("views");
    if (found !== undefined && found.id === ruleOfAddress()) view?.update(found);
  },
};

/**
 * @param {"rules" | "receivers" | "silences" | "history"} name
 * @param {number} count
 */
function countIn(name, count) {
  setText(byId(`${name}-count`), count === 0 ? "" : String(count));
  show(byId(name), count > 0);
  show(byId(`no-${name}`), count === 0);
}

/**
 * @param {Map<string, unknown>} known
 * @param {readonly PageRow[]} left
 */
function forget(known, left) {
  const ids = new Set(left.map(({ id }) => id));
  for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
}

/** The alerts that screen readers were told of, by id. @type {Map<string, string>} */
let announced = new Map();

/** Tells screen readers which alerts began and ended, not which values changed. */
function announce() {
  const now = new Map(rowsOf("alerts").map(({ id, level }) => [id, `${id} ${level}`]));
  if (!isFirst) {
    const began = [...now].filter(([id]) => !announced.has(id)).map(([, text]) => `${text} fires`);
    const ended = [...announced].filter(([id]) => !now.has(id)).map(([, text]) => `${text} no longer fires`);
    if (began.length + ended.length > 0) setText(byId("news"), [...began, ...ended].slice(0, 5).join(". "));
  }
  announced = now;
}

/** Shows the rules whose name or state contains what was typed. */
function filterRules() {
  const typed = /** @type {HTMLInputElement} */ (byId("filter")).value.trim().toLowerCase();
  let shown = 0;
  for (const row of rows.values()) {
    const isShown = row.text().toLowerCase().includes(typed);
    show(row.element, isShown);
    if (isShown) shown++;
  }
  setText(byId("filtered"), typed === "" ? "" : `${shown} of ${rows.size}`);
}

/**
 * @param {Map<string, PageRow>} known
 * @param {readonly string[]} order
 * @returns {Map<string, PageRow>}
 */
function inOrder(known, order) {
  /** @type {[string, PageRow][]} */
  const ordered = [];
  for (const id of order) {
    const row = known.get(id);
    if (row !== undefined) ordered.push([id, row]);
  }
  return new Map(ordered);
}

/** @param {PageMessage} message */
function take({ atUnixMs, isWhole, lists: changes }) {
  offsetMs = atUnixMs - Date.now();
  lastUnixMs = atUnixMs;
  if (isWhole) lists.clear();
  // Charts come first: the others draw them.
  /** @type {readonly PageList[]} */
  const names = ["charts", "rules", "alerts", "head", "problems", "receivers", "history", "silences", "views"];
  const changed = names.flatMap((name) => {
    const change = changes[name];
    if (change === undefined) return [];
    const known = lists.get(name) ?? inOrder(new Map(), []);
    for (const row of change.rows) known.set(row.id, row);
    const order = change.order ?? [...known.keys()];
    lists.set(name, inOrder(known, order));
    return [{ name, ids: new Set(change.rows.map(({ id }) => id)) }];
  });
  for (const { name, ids } of changed) UPDATES[name](ids);
  isFirst = false;
}

/** Returns the rule of an address such as `#/rule/slow-fsync`. */
function ruleOfAddress() {
  const name = /^#\/rule\/(.+)$/.exec(location.hash)?.[1];
  if (name === undefined) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const connection = new Connection({
  onMessage: take,
  onChange: (isLive) => updateConnection(isLive, lastUnixMs),
});

/** Shows the overview, or the view of a rule, as the address says. */
function route() {
  const rule = ruleOfAddress();
  show(byId("overview"), rule === undefined);
  show(byId("rule-view"), rule !== undefined);
  view = rule === undefined ? undefined : ruleView(byId("rule-view"), rule, nowUnixMs);
  if (rule !== undefined) view?.redraw(chartOf(rule));
  connection.open(rule);
}

addEventListener("hashchange", () => {
  const wasRule = view !== undefined;
  route();
  scrollTo(0, 0);
  if (view !== undefined) view.focus();
  else if (wasRule) byId("main").focus();
});
// The address names the view, so this link does not change it.
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
byId("filter").addEventListener("input", filterRules);
setInterval(() => updateSince(nowUnixMs()), 1000);
route();
