import { join } from "node:path";
import type { Clock } from "../service/clock.ts";
import type { Logger } from "../service/logger.ts";
import { openStore, type Store } from "../store/store.ts";
import { SILENCES } from "./silence-book.ts";
import { KEPT_KINDS } from "./kept-kinds.ts";
import { StateLock } from "./state-lock.ts";

/** The state folder, locked, and the store in it. */
export interface OpenState extends AsyncDisposable {
  readonly lock: StateLock;
  readonly store: Store;
}

/**
 * Opens the state of an earlier process. The folder is read from the settings once: another folder
 * there counts from the next start on. Rejects with AnotherDaemon if another daemon uses the
 * folder.
 */
export async function openState(
  stateDir: string,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<OpenState> {
  await using opened = new AsyncDisposableStack();
  const lock = opened.use(new StateLock({ stateDir, clock, logger }));
  await lock.claim();
  const store = opened.use(
    await openStore({
      path: join(stateDir, "state.db"),
      kinds: [SILENCES, ...KEPT_KINDS],
      logger,
      nowUnixMs: () => clock.unixMs(),
      nowMs: () => clock.bootMs(),
    }),
  );
  const all = opened.move();
  return { lock, store, [Symbol.asyncDispose]: async () => all.disposeAsync() };
}
