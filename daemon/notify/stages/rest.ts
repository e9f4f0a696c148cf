import type { NotificationReason } from "./dedupe.ts";
import { mergedByWeight, type News, type Weight, weightOf } from "./order-news.ts";

/**
 * Alerts that an action is still to be notified of, since there are more than may be sent at once:
 * they come with the next steps.
 */
export interface Rest {
  /** in the order in which they are to be sent */
  readonly alerts: readonly WaitingAlert[];
  readonly reason: NotificationReason;
  /** true if alerts that have not changed are sent, too */
  readonly isRepeat: boolean;
}

/** An alert that waits for its turn, by its id; without an order it has no weight. */
interface WaitingAlert extends Weight {
  readonly id: string;
}

const UNWEIGHED: Weight = { rank: 0, size: 0 };

/**
 * Returns the news as a rest, or undefined without news.
 *
 * @param isOrdered true if the news are in the order of weight
 */
export function restOf(news: readonly News[], of: Omit<Rest, "alerts">, isOrdered: boolean): Rest | undefined {
  if (news.length === 0) return undefined;
  const weigh = isOrdered ? weightOf : (): Weight => UNWEIGHED;
  const alerts = news.map((each) => ({ id: each.alert.id, ...weigh(each) }));
  return { alerts, reason: of.reason, isRepeat: of.isRepeat };
}

/** Returns the rest without these alerts; undefined if nothing is left. */
export function restWithout(rest: Rest, ids: ReadonlySet<string>): Rest | undefined {
  const alerts = rest.alerts.filter(({ id }) => !ids.has(id));
  return alerts.length === 0 ? undefined : { ...rest, alerts };
}

/**
 * Merges the rest of an earlier flush with that of a later one, which is more recent. A repeat goes
 * on.
 */
export function mergedRests({ alerts, isRepeat }: Rest, later: Rest): Rest {
  const again = new Set(later.alerts.map(({ id }) => id));
  const earlier = alerts.filter(({ id }) => !again.has(id));
  return { ...later, alerts: mergedByWeight(earlier, later.alerts), isRepeat: isRepeat || later.isRepeat };
}
