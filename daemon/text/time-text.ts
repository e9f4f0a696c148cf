/** Formats Unix milliseconds as RFC 3339 in UTC: `2026-11-23T20:41:03.125Z`. */
export function timeText(unixMs: number): string {
  const second = Math.floor(unixMs / 1000);
  if (second !== lastOfMs.second) lastOfMs = { second, text: new Date(second * 1000).toISOString().slice(0, -4) };
  return `${lastOfMs.text}${String(Math.floor(unixMs - second * 1000)).padStart(3, "0")}Z`;
}

/** Caches the last second: one tick can have ten thousand alerts. */
let lastOfMs = { second: 0, text: "1970-01-01T00:00:00." };

/** Formats Unix milliseconds as RFC 3339 in UTC, to the second: `2026-11-23T20:41:03Z`. */
export function secondText(unixMs: number): string {
  return `${timeText(unixMs).slice(0, 19)}Z`;
}

/** Formats the time of day in UTC: `20:41:03Z`. */
export function utcTimeOfDay(unixMs: number): string {
  return secondText(unixMs).slice(11);
}

/** Formats the local time of day: `20:41:03`. */
export function timeOfDay(unixMs: number): string {
  return new Date(unixMs).toTimeString().slice(0, 8);
}

/** Formats Unix nanoseconds as RFC 3339 in UTC with all nine digits. */
export function timeTextNs(unixNs: bigint): string {
  const seconds = unixNs / 1_000_000_000n;
  const nanoseconds = String(unixNs % 1_000_000_000n).padStart(9, "0");
  if (seconds !== lastSecond.seconds) {
    lastSecond = { seconds, text: new Date(Number(seconds) * 1000).toISOString().slice(0, 19) };
  }
  return `${lastSecond.text}.${nanoseconds}Z`;
}

/** Caches the last second: a second can have a hundred thousand records. */
let lastSecond = { seconds: 0n, text: "1970-01-01T00:00:00" };
