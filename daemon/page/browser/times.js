// Texts of times, as `bpfwarden status` and mails write them: in UTC.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Returns a duration in its two largest units: `1h5m`, `12s`.
 * @param {number} ms
 */
export function durationText(ms) {
  const whole = Math.max(0, Math.round(ms / SECOND) * SECOND);
  if (whole < MINUTE) return `${whole / SECOND}s`;
  if (whole < HOUR) return two(whole, MINUTE, "m", SECOND, "s");
  return whole < DAY ? two(whole, HOUR, "h", MINUTE, "m") : two(whole, DAY, "d", HOUR, "h");
}

/**
 * @param {number} ms
 * @param {number} large
 * @param {string} largeName
 * @param {number} small
 * @param {string} smallName
 */
function two(ms, large, largeName, small, smallName) {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)}${largeName}${rest === 0 ? "" : `${rest}${smallName}`}`;
}

/**
 * Returns a time in UTC: `03:12:04Z`, with the date if that is not today.
 * @param {number} unixMs
 * @param {number} nowUnixMs
 */
export function timeText(unixMs, nowUnixMs) {
  const text = new Date(unixMs).toISOString();
  const isToday = text.slice(0, 10) === new Date(nowUnixMs).toISOString().slice(0, 10);
  return isToday ? `${text.slice(11, 19)}Z` : `${text.slice(0, 10)} ${text.slice(11, 16)}Z`;
}
