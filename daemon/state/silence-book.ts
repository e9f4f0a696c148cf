import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { expireSilence, type Silence, withoutOldSilences } from "../notify/stages/silences.ts";
import { list, object, oneOf, type Shape, text, unixTime } from "../evaluate/saved/shape.ts";
import { matches, OPERATORS, type Matcher } from "../matchers/matcher.ts";
import { documentKind } from "../store/document-kind.ts";
import type { Store } from "../store/store.ts";

const SILENCE: Shape<Silence> = object<Silence>({
  ...{ id: text, startsAtUnixMs: unixTime, endsAtUnixMs: unixTime, author: text, comment: text },
  matchers: list(object<Matcher>({ name: text, operator: oneOf(...OPERATORS), value: text })),
});

export const SILENCES = documentKind<readonly Silence[]>("silences", 1, silencesFault);

/** Matchers are tried as well: an invalid regular expression would fail with each alert. */
function silencesFault(json: unknown): string | undefined {
  const fault = list(SILENCE).faultOf(json, "it");
  if (fault !== undefined) return fault;
  for (const { matchers } of json as readonly Silence[]) for (const matcher of matchers) matches(matcher, {});
  return undefined;
}

/** The longest wait for the disk: somebody waits for the answer, and the silence holds already. */
const LONGEST_WAIT_MS = 2_000;
const THE_LIST = "silences";

/** The silences of this host. A change holds at once; `kept` says when it is on the disk. */
export class SilenceBook {
  readonly #store: Store;
  #silences: readonly Silence[];
  /** true if the silences of an earlier process cannot be read yet: nothing may replace them */
  #isLate: boolean;
  #kept: Promise<void> = Promise.resolve();

  /** @param store has the silences of an earlier process, and gets every change */
  constructor(store: Store) {
    this.#store = store;
    this.#silences = store.get(SILENCES, THE_LIST) ?? [];
    this.#isLate = store.trouble !== undefined;
  }

  /**
   * Stores all silences again, since the store has forgotten them. Adds those of an earlier process
   * that the store could read only now.
   */
  renew(nowUnixMs: number): void {
    this.#isLate = false;
    const ids = new Set(this.#silences.map(({ id }) => id));
    const kept = this.#store.get(SILENCES, THE_LIST) ?? [];
    this.#put([...kept.filter(({ id }) => !ids.has(id)), ...this.#silences], nowUnixMs);
  }

  /** Resolves once the last change is on the disk, or cannot be there now. */
  async kept(): Promise<void> {
    await Promise.race([this.#kept, delay(LONGEST_WAIT_MS, undefined, { ref: false })]);
  }

  get list(): readonly Silence[] {
    return this.#silences;
  }

  add(silence: Omit<Silence, "id">, nowUnixMs: number): Silence {
    const added = { ...silence, id: randomUUID() };
    this.#keep([...this.#silences, added], nowUnixMs);
    return added;
  }

  /** Ends a silence now. Returns it as it is then. */
  expire(silence: Silence, nowUnixMs: number): Silence {
    const ended = expireSilence(silence, nowUnixMs);
    this.#keep(
      this.#silences.map((each) => (each.id === silence.id ? ended : each)),
      nowUnixMs,
    );
    return ended;
  }

  #keep(silences: readonly Silence[], nowUnixMs: number): void {
    this.#put(silences, nowUnixMs);
    this.#kept = this.#store.commit();
  }

  #put(silences: readonly Silence[], nowUnixMs: number): void {
    this.#silences = withoutOldSilences(silences, nowUnixMs);
    if (!this.#isLate) this.#store.put(SILENCES, THE_LIST, this.#silences);
  }
}
