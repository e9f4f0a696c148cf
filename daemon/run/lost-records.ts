import type { LeftOut } from "../../bpf/load/shares-reader.ts";
import type { EventRecord } from "../sample/sample.ts";

/** Records that a rule made and that are missing among those that it told. */
export interface LostRecords {
  /** there was no room in the ring */
  readonly inRing: number;
  /** beyond their user's share; those of most first */
  readonly leftOut: readonly LeftOut[];
}

export const NO_LOST_RECORDS: LostRecords = { inRing: 0, leftOut: [] };

/** Users who are named at a time: one who has many ids must not make many records of those that are left out. */
const NAMED_USERS = 10;

/** What is missing among a rule's records, as records. */
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
