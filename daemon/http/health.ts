import { type HttpAnswer, plainText } from "./http-answer.ts";

/** The health of the daemon now. */
export interface HealthSource {
  /** how much time has passed since a tick was due that succeeded */
  readonly tickLateMs: () => number;
  /** why rules do not run as the files ask for; undefined if they do */
  readonly notReady: () => string | undefined;
}

/** As for the watchdog of the service manager. */
const MAX_LATE_MS = 10_000;

/** Answers whether the process does its work: it ticks. */
export function healthAnswer({ tickLateMs }: HealthSource): HttpAnswer {
  const late = lateness(tickLateMs());
  return late === undefined ? plainText(200, "ok") : plainText(503, late);
}

/** Answers whether the rules run, with the reason if they do not. */
export function readyAnswer({ tickLateMs, notReady }: HealthSource): HttpAnswer {
  const reasons = [lateness(tickLateMs()), notReady()].filter((reason) => reason !== undefined);
  return reasons.length === 0 ? plainText(200, "ready") : plainText(503, reasons.join("\n"));
}

function lateness(lateMs: number): string | undefined {
  return lateMs <= MAX_LATE_MS ? undefined : `no tick has succeeded for ${Math.round(lateMs / 1000)} s`;
}
