import type { ListChange, PageList, PageMessage, PageReport, PageRow } from "./page-report.ts";

/** The rows of one list as they were sent: the JSON of each, by its id, in order. */
type SentList = ReadonlyMap<string, string>;

export type SentReport = Partial<Readonly<Record<PageList, SentList>>>;

/** The changes to send, and the rows that have been sent then. */
export interface Compared {
  readonly lists: PageMessage["lists"];
  readonly sent: SentReport;
}

/** All followers get the same rows, and charts stay the same for ten turns: each is written once. */
const WRITTEN = new WeakMap<PageRow, string>();

function jsonOf(row: PageRow): string {
  const known = WRITTEN.get(row);
  if (known !== undefined) return known;
  const json = JSON.stringify(row);
  WRITTEN.set(row, json);
  return json;
}

/** Returns the rows that differ from those that were sent. */
export function compared(report: PageReport, before: SentReport): Compared {
  const lists: Partial<Record<PageList, ListChange>> = {};
  const sent: Partial<Record<PageList, SentList>> = {};
  for (const name of Object.keys(report) as PageList[]) {
    const known = before[name];
    const now = new Map(report[name].map((row) => [row.id, jsonOf(row)]));
    sent[name] = now;
    const change = listChange(report[name], now, known);
    if (change !== undefined) lists[name] = change;
  }
  return { lists, sent };
}

function listChange(rows: PageReport[PageList], now: SentList, known: SentList | undefined): ListChange | undefined {
  const changed = rows.filter(({ id }) => known?.get(id) !== now.get(id));
  const order = [...now.keys()];
  const isSameOrder = known !== undefined && isSame(order, [...known.keys()]);
  if (isSameOrder && changed.length === 0) return undefined;
  return { ...(!isSameOrder && { order }), rows: changed };
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((id, index) => id === right[index]);
}
