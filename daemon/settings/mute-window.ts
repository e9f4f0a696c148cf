/** Times at which nobody is notified, by the clock on the wall of one place. */
export interface MuteWindow {
  /** of the day on which the hours begin */
  readonly days: readonly Weekday[];
  /** undefined is the whole day */
  readonly hours?: HourRange;
  /** an IANA name such as `Europe/Berlin`, or `UTC` */
  readonly zone: string;
}

/** Minutes since midnight. Where the end is not after the start, it is of the day after. */
export interface HourRange {
  readonly startMinute: number;
  readonly endMinute: number;
}

/** In the order of the week. */
export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export type Weekday = (typeof WEEKDAYS)[number];
