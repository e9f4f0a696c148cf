/** Times without notifications, by the local time of one zone. */
export interface MuteWindow {
  /** the days on which the hours begin */
  readonly days: readonly Weekday[];
  /** undefined for the whole day */
  readonly hours?: HourRange;
  /** an IANA name such as `Europe/Berlin`, or `UTC` */
  readonly zone: string;
}

/** Minutes since midnight. If the end is not after the start, it is on the next day. */
export interface HourRange {
  readonly startMinute: number;
  readonly endMinute: number;
}

/** The days in order. */
export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export type Weekday = (typeof WEEKDAYS)[number];
