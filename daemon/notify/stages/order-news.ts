import type { AlertEvent } from "../../evaluate/alerts/alert.ts";
import { isEnd } from "./change.ts";
import type { Change } from "./subjects.ts";
import type { OpenAlert } from "./pipeline-state.ts";
import { severityOf } from "./severity.ts";

/** An alert in a message, and its change. */
export interface News {
  readonly alert: OpenAlert;
  readonly change: Change;
}

/**
 * Orders news by importance: alerts that the receiver was not notified of, before the ends of
 * others; the most severe; what fires, before what has ended; the largest. Alerts that are equal in
 * all of these stay in their order.
 */
export function inOrderOfWeight<Item extends News>(news: readonly Item[]): readonly Item[] {
  const weighed = news.map((item) => ({ item, ...weightOf(item) }));
  weighed.sort(byWeight);
  return weighed.map(({ item }) => item);
}

/** The importance of an alert in a message. */
export interface Weight {
  readonly rank: number;
  readonly size: number;
}

export function weightOf(item: News): Weight {
  return { rank: rankOf(item), size: sizeOf(item.alert.event) };
}

/** Returns less than 0 if the first comes before the second. */
function byWeight(one: Weight, other: Weight): number {
  return other.rank - one.rank || other.size - one.size || 0;
}

/** Merges two lists that are each in the order of weight. */
export function mergedByWeight<Item extends Weight>(one: readonly Item[], other: readonly Item[]): readonly Item[] {
  const merged: Item[] = [];
  let at = 0;
  for (const item of other) {
    for (let next = one[at]; next !== undefined && byWeight(next, item) <= 0; next = one[++at]) merged.push(next);
    merged.push(item);
  }
  return [...merged, ...one.slice(at)];
}

/** Returns the news of one message, alerts that fire before those that have ended. */
export function firingFirst<Item extends News>(news: readonly Item[]): readonly Item[] {
  const ends = (item: Item): boolean => isEnd(item.change);
  return [...news.filter((item) => !ends(item)), ...news.filter(ends)];
}

function rankOf({ alert: { event, peak }, change }: News): number {
  const isNews = change !== "resolved" && change !== "left";
  return (isNews ? 8 : 0) + severityOf(change === "ended" ? peak : event.level) * 2 + (isEnd(change) ? 0 : 1);
}

/**
 * Returns the size of an alert: the value that the threshold compares, at its worst; without a
 * threshold the first value.
 */
function sizeOf({ judged, values }: AlertEvent): number {
  const worst = judged?.peak?.value ?? judged?.value;
  if (worst !== undefined) return judged?.worst === "lowest" ? -worst : worst;
  return Object.values(values).find((value) => typeof value === "number") ?? -Infinity;
}
