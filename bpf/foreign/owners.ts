/** Owners that are remembered. */
const REMEMBERED = 4096;
/** How long an owner whose file hung, or took too much memory, is not read; twice as long each time. */
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 30 * 60_000;
/** The files of one owner may take so much at once, and this part of the time in the long run: others wait for their turn meanwhile. */
const BURST_MS = 3000;
const SHARE = 1 / 6;

interface Standing {
  /** whether a process that reads hangs in what is this owner's, and cannot be killed */
  isHanging: boolean;
  waitMs: number;
  untilMs: number;
  /** what it may still take, as it was at a time; below 0 where it took more */
  leftMs: number;
  atMs: number;
}

/** What reading the files of each owner cost: one owner's files must not keep those of others from being read. */
export class Owners {
  readonly #standings = new Map<string, Standing>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Why nothing of an owner is read now; undefined where it is. */
  refusal(owner: string): string | undefined {
    const standing = this.#standings.get(owner);
    if (standing === undefined) return undefined;
    if (standing.isHanging) return "a process that reads hangs in a file system of this owner";
    const now = this.#nowMs();
    if (now < standing.untilMs) return "reading files of this owner was stopped shortly before";
    return leftAt(standing, now) > 0 ? undefined : "reading files of this owner took too long of late";
  }

  spent(owner: string, ms: number): void {
    const standing = this.#standing(owner);
    const now = this.#nowMs();
    standing.leftMs = leftAt(standing, now) - ms;
    standing.atMs = now;
  }

  /** Reading had to be stopped by force. */
  blame(owner: string): void {
    const standing = this.#standing(owner);
    standing.untilMs = this.#nowMs() + standing.waitMs;
    standing.waitMs = Math.min(2 * standing.waitMs, LONGEST_WAIT_MS);
  }

  /** Nothing more is read of an owner in whose files a process hangs that cannot be killed: there is room for a few of those only. */
  hangs(owner: string, isHanging: boolean): void {
    this.#standing(owner).isHanging = isHanging;
  }

  #standing(owner: string): Standing {
    const found = this.#standings.get(owner) ?? {
      isHanging: false,
      waitMs: FIRST_WAIT_MS,
      untilMs: -Infinity,
      leftMs: BURST_MS,
      atMs: this.#nowMs(),
    };
    this.#standings.delete(owner);
    this.#standings.set(owner, found);
    this.#forgetOldest();
    return found;
  }

  #forgetOldest(): void {
    if (this.#standings.size <= REMEMBERED) return;
    const [oldest] = this.#standings.entries().find(([, { isHanging }]) => !isHanging) ?? [];
    if (oldest !== undefined) this.#standings.delete(oldest);
  }
}

function leftAt({ atMs, leftMs }: Standing, nowMs: number): number {
  return Math.min(BURST_MS, leftMs + SHARE * (nowMs - atMs));
}
