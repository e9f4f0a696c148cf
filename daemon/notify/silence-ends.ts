import { silenceState, type Silence } from "./stages/silences.ts";

export interface SilenceEndsOptions {
  readonly silences: () => readonly Silence[];
  readonly nowUnixMs: () => number;
  /** called with silences that have just ended */
  readonly onEnd: (ended: readonly Silence[]) => void;
}

/** The longest timer: setTimeout takes 31 bits, and a clock may be set meanwhile. */
const LONGEST_WAIT_MS = 60_000;

/** Calls back when silences end, by the clock or by hand, without waiting for a tick. */
export class SilenceEnds implements Disposable {
  readonly #options: SilenceEndsOptions;
  /** the ids of the silences that were not over at the last look */
  #open: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SilenceEndsOptions) {
    this.#options = options;
  }

  /**
   * Looks which silences have ended since the last look, and when the next one ends. To be called
   * each time that the silences have changed.
   */
  look(): void {
    const { silences, nowUnixMs, onEnd } = this.#options;
    const now = nowUnixMs();
    const isOver = (silence: Silence): boolean => silenceState(silence, now) === "expired";
    const ended = silences().filter((silence) => this.#open.has(silence.id) && isOver(silence));
    this.#open = new Set(silences().flatMap((silence) => (isOver(silence) ? [] : [silence.id])));
    if (ended.length > 0) onEnd(ended);
    this.#wait(now);
  }

  #wait(now: number): void {
    clearTimeout(this.#timer);
    const ends = this.#options.silences().map(({ endsAtUnixMs }) => endsAtUnixMs - now);
    const next = Math.min(LONGEST_WAIT_MS, ...ends.filter((ms) => ms > 0));
    this.#timer = setTimeout(() => this.look(), next).unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
