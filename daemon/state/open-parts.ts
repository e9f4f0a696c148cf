import { claimSocket } from "../api/control-door.ts";
import { ConfigurationReader, type UsableConfiguration } from "../rules/configuration-reader.ts";
import { type Clock, type Moment, momentOf } from "../service/clock.ts";
import type { Logger } from "../service/logger.ts";
import { SoleUse } from "../service/sole-use.ts";
import type { Teardown } from "../service/teardown.ts";
import { type OpenState, openState } from "./open-state.ts";

export interface PartsHost {
  /** holds `rules.d` and, if there are settings, `bpfwarden.yaml` */
  readonly folder: string;
  readonly hostname: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The parts that a daemon is constructed from. Each can fail to open. */
export interface DaemonParts {
  readonly startedAt: Moment;
  readonly reader: ConfigurationReader;
  readonly found: UsableConfiguration;
  readonly socketUse: SoleUse;
  readonly opened: OpenState;
}

/**
 * Reads settings and rules, and opens the state of an earlier process. Rejects with
 * ConfigurationError or AnotherDaemon.
 *
 * @param teardown closes what was opened
 */
export async function openParts(host: PartsHost, teardown: Teardown): Promise<DaemonParts> {
  const startedAt = momentOf(host.clock);
  const reader = new ConfigurationReader(host);
  const found = await reader.read();
  const { socket, stateDir } = found.settings;
  const socketUse = new SoleUse("the control socket");
  teardown.add("control socket's lock", () => socketUse[Symbol.asyncDispose]());
  await claimSocket(socketUse, socket);
  const opened = await openState(stateDir, host);
  teardown.add("store", async () => opened[Symbol.asyncDispose]());
  return { startedAt, reader, found, socketUse, opened };
}
