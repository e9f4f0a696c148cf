/**
 * The most changes of one owner's files that are reported at once. After them one line a minute
 * says how many more there were.
 */
const REPORTED_AT_ONCE = 5;
const EVERY_MS = 60_000;
/** The most owners that are remembered. */
const REMEMBERED = 1000;

interface Account {
  sinceMs: number;
  reported: number;
  unreported: number;
}

/**
 * Limits the reports about the files of each owner: a user who changes a file without end must not
 * fill the log.
 */
export class ChangeReports {
  readonly #accounts = new Map<string, Account>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Reports a change, or only counts it. */
  add(owner: string, change: string, changes: string[]): void {
    const account = this.#accountOf(owner);
    if (account.reported < REPORTED_AT_ONCE) {
      account.reported++;
      changes.push(change);
    } else account.unreported++;
  }

  /**
   * Reports how many changes were only counted, for owners whose minute is over. Each of these
   * starts again, with this line as its one report.
   */
  addUnreported(what: string, changes: string[]): void {
    const nowMs = this.#nowMs();
    for (const [owner, account] of this.#accounts) {
      if (nowMs - account.sinceMs < EVERY_MS) continue;
      if (account.unreported === 0) {
        this.#accounts.delete(owner);
        continue;
      }
      changes.push(`${account.unreported} more changes to copies ${what} (${owner})`);
      // an owner whose changes go on is reported once a minute
      Object.assign(account, { sinceMs: nowMs, reported: REPORTED_AT_ONCE, unreported: 0 });
    }
  }

  #accountOf(owner: string): Account {
    const known = this.#accounts.get(owner);
    if (known !== undefined) return known;
    const account = { sinceMs: this.#nowMs(), reported: 0, unreported: 0 };
    const [oldest] = this.#accounts.keys();
    if (this.#accounts.size >= REMEMBERED && oldest !== undefined) this.#accounts.delete(oldest);
    this.#accounts.set(owner, account);
    return account;
  }
}
