/** The most owners that are remembered. */
const REMEMBERED = 4096;
/**
 * The time for which an owner is not read after a file hung or took too much memory. It doubles
 * with each fault.
 */
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 30 * 60_000;
/**
 * The time that one owner's files may take at once, and their share of the time in the long run.
 * After that, others have their turn.
 */
const BURST_MS = 3000;
const SHARE = 1 / 6;

interface OwnerState {
  /** true while a reading process hangs in this owner's files and cannot be killed */
  isHanging: boolean;
  waitMs: number;
  untilMs: number;
  /** time that the owner may still take, as of `atMs`; below 0 after it took more */
  leftMs: number;
  atMs: number;
}

/**
 * The cost of reading each owner's files. One owner's files must not keep those of others from
 * being read.
 */
export class Owners {
  readonly #states = new Map<string, OwnerState>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Returns why nothing of an owner is read now, or undefined if it is read. */
  refusal(owner: string): string | undefined {
    const state = this.#states.get(owner);
    if (state === undefined) return undefined;
    if (state.isHanging) return "a reader process hangs in a file system of this owner";
    const now = this.#nowMs();
    if (now < state.untilMs) return "reading files of this owner was stopped, and is tried again later";
    return leftAt(state, now) > 0 ? undefined : "reading files of this owner took too long recently";
  }

  spent(owner: string, ms: number): void {
    const state = this.#stateOf(owner);
    const now = this.#nowMs();
    state.leftMs = leftAt(state, now) - ms;
    state.atMs = now;
  }

  /** Records that reading had to be stopped by force. */
  blame(owner: string): void {
    const state = this.#stateOf(owner);
    state.untilMs = this.#nowMs() + state.waitMs;
    state.waitMs = Math.min(2 * state.waitMs, LONGEST_WAIT_MS);
  }

  /**
   * Sets whether a process that cannot be killed hangs in the files of an owner. Nothing more of
   * that owner is read: only a few such processes are allowed.
   */
  hangs(owner: string, isHanging: boolean): void {
    this.#stateOf(owner).isHanging = isHanging;
  }

  #stateOf(owner: string): OwnerState {
    const found = this.#states.get(owner) ?? {
      isHanging: false,
      waitMs: FIRST_WAIT_MS,
      untilMs: -Infinity,
      leftMs: BURST_MS,
      atMs: this.#nowMs(),
    };
    this.#states.delete(owner);
    this.#states.set(owner, found);
    this.#forgetOldest();
    return found;
  }

  #forgetOldest(): void {
    if (this.#states.size <= REMEMBERED) return;
    const [oldest] = this.#states.entries().find(([, { isHanging }]) => !isHanging) ?? [];
    if (oldest !== undefined) this.#states.delete(oldest);
  }
}

function leftAt({ atMs, leftMs }: OwnerState, nowMs: number): number {
  return Math.min(BURST_MS, leftMs + SHARE * (nowMs - atMs));
}
