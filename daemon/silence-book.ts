import { randomUUID } from "node:crypto";
import { expireSilence, type Silence, withoutOldSilences } from "./notify/silences.ts";
import { documentKind } from "./store/document-kind.ts";
import type { Store } from "./store/store.ts";

const SILENCES = documentKind<readonly Silence[]>("silences", 1);
const THE_LIST = "silences";

/** The silences of this host. Each change is on the disk before it is answered. */
export class SilenceBook {
  #store: Store | undefined;
  #silences: readonly Silence[] = [];

  /** Takes up what an earlier process kept, and keeps changes there from now on. */
  open(store: Store): void {
    this.#store = store;
    this.#silences = store.get(SILENCES, THE_LIST) ?? [];
  }

  get list(): readonly Silence[] {
    return this.#silences;
  }

  add(silence: Omit<Silence, "id">, nowUnixMs: number): Silence {
    const added = { ...silence, id: randomUUID() };
    this.#keep([...this.#silences, added], nowUnixMs);
    return added;
  }

  /** Ends one now. Gives it as it is then. */
  expire(silence: Silence, nowUnixMs: number): Silence {
    const ended = expireSilence(silence, nowUnixMs);
    this.#keep(
      this.#silences.map((each) => (each.id === silence.id ? ended : each)),
      nowUnixMs,
    );
    return ended;
  }

  #keep(silences: readonly Silence[], nowUnixMs: number): void {
    this.#silences = withoutOldSilences(silences, nowUnixMs);
    this.#store?.put(SILENCES, THE_LIST, this.#silences);
    this.#store?.commit();
  }
}
