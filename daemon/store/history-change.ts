/** An alert from its first firing to its end, as the history keeps it. Texts are as people see them. */
export interface HistoryAlert {
  readonly kind: "alert";
  /** the alert's id and the time of its start: the same after a restart */
  readonly id: string;
  /** the rule that it is about; for a notice, `alertname` is another */
  readonly rule: string;
  readonly alertname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly level: string;
  /** the highest level since it fired */
  readonly peak: string;
  /** since when its threshold held; absent without `for` */
  readonly pendingUnixMs?: number;
  readonly firedUnixMs: number;
  readonly reason: string;
  readonly summary: string;
  /** the value that the threshold compares, at its worst; absent for notices */
  readonly worst?: WorstValue;
  /** the time of a change of its level */
  readonly leveledUnixMs?: number;
  /** present once it has ended */
  readonly ended?: { readonly unixMs: number; readonly reason: string };
  readonly isDrill: boolean;
}

export interface WorstValue {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly unixMs: number;
}

/** Something holds an alert back from its receivers, or from one of them. */
export interface HistoryHold {
  readonly kind: "hold";
  readonly alert: string;
  readonly stage: string;
  readonly reason: string;
  /** absent if it applies to all */
  readonly receiver?: string;
  readonly unixMs: number;
}

/** A message to a receiver. */
export interface HistoryMessage {
  readonly kind: "message";
  /** the id of the letter */
  readonly id: string;
  readonly receiver: string;
  readonly rule: string;
  /** the number of alerts */
  readonly items: number;
  readonly unixMs: number;
  /** the alerts that are news in it */
  readonly alerts: readonly { readonly id: string; readonly status: "firing" | "resolved" }[];
}

/** A message has left its queue. */
export interface HistoryDelivery {
  readonly kind: "delivery";
  readonly id: string;
  readonly receiver: string;
  readonly rule: string;
  readonly items: number;
  /** since when the message waited */
  readonly sinceUnixMs: number;
  readonly unixMs: number;
  readonly outcome: "delivered" | "failed" | "dropped";
  readonly error?: string;
}

/** Events of a rule that were lost, skipped or not understood since the last such change. */
export interface HistoryLoss {
  readonly kind: "loss";
  readonly rule: string;
  /** the name in `Confidence`, such as `lostEvents` */
  readonly what: string;
  readonly count: number;
  readonly unixMs: number;
}

export type HistoryChange = HistoryAlert | HistoryHold | HistoryMessage | HistoryDelivery | HistoryLoss;

/** The limits of the history: time and number. */
export interface HistoryLimits {
  readonly retainMs: number;
  /** alerts; 0 keeps no history */
  readonly rows: number;
}

/** Changes that are written together. */
export interface HistoryBatch {
  readonly changes: readonly HistoryChange[];
  readonly limits: HistoryLimits;
}
