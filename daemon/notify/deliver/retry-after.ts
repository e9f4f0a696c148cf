const LONGEST_MS = 3_600_000;

/**
 * Returns the time that a server asks to wait (RFC 9110 §10.2.3: seconds, or an HTTP date), in
 * milliseconds from 0 to one hour; undefined if the text cannot be read.
 */
export function retryAfterMs(header: string | null, nowUnixMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  const delay = /^[0-9]+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowUnixMs;
  return Number.isNaN(delay) ? undefined : Math.max(0, Math.min(LONGEST_MS, delay));
}
