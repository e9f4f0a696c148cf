import type { LeftOut } from "../../bpf/load/shares-reader.ts";
import type { EventRecord } from "../sample/sample.ts";

/** Records of a rule that were not delivered. */
export interface LostRecords {
  /** the ring was full */
  readonly inRing: number;
  /** beyond their user's share; the users with most losses first */
  readonly leftOut: readonly LeftOut[];
}

export const NO_LOST_RECORDS: LostRecords = { inRing: 0, leftOut: [] };

/**
 * The most users that are listed. A user with many ids must not cause many records about lost
 * records.
 */
const NAMED_USERS = 10;

/** Converts the losses of a rule to records. */
export function lostAsRecords(rule: string, { inRing, leftOut }: LostRecords, timeNs: bigint): readonly EventRecord[] {
  const record = (fields: EventRecord["fields"]): EventRecord => ({ rule, timeNs, fields, truncated: [] });
  const users = leftOut.filter(({ uid }) => uid !== undefined);
  const others = [...leftOut.filter(({ uid }) => uid === undefined), ...users.slice(NAMED_USERS)];
  const rest = others.reduce((sum, { count }) => sum + count, 0);
  return [
    ...(inRing === 0 ? [] : [record({ lost_events: inRing })]),
    ...users.slice(0, NAMED_USERS).map(({ uid = null, count }) => record({ left_out: count, uid })),
    ...(rest === 0 ? [] : [record({ left_out: rest, uid: null })]),
  ];
}
