/** Often enough that a ring of 1 MiB does not fill up at a few million records a second. */
const PERIOD_MS = 5;

/** Empties a ring on a timer, so that what is measured is the writer and not how a reader is woken. */
export function keepDrained(drain: () => void): Disposable {
  const timer = setInterval(drain, PERIOD_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
