import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const JOURNALD = "/usr/lib/systemd/systemd-journald";

/** A journal of one's own needs a mount namespace. */
export const journald = {
  skip:
    process.getuid?.() === 0 && existsSync(JOURNALD) && spawnSync("journalctl", ["--version"]).status === 0
      ? false
      : "systemd-journald and root are not there",
};

/** The fields of an entry, as journalctl shows them. */
export type Entry = Readonly<Record<string, unknown>>;

export interface Journald extends AsyncDisposable {
  readonly socket: string;
  /** Waits until so many entries of an identifier are in the journal. */
  entries(identifier: string, count: number): Promise<readonly Entry[]>;
}

/**
 * Starts systemd-journald as an ordinary process. In its mount namespace, `/run` and `/var/log` are
 * empty, so that it neither disturbs nor reads the host's journal.
 */
export async function startJournald(): Promise<Journald> {
  const mounts =
    "mount -t tmpfs none /run && mkdir -p /run/systemd/journal /run/log/journal && mount -t tmpfs none /var/log";
  const child = spawn("unshare", ["-m", "--propagation", "private", "sh", "-c", `${mounts} && exec ${JOURNALD}`], {
    stdio: "ignore",
  });
  const root = `/proc/${child.pid}/root/run`;
  const socket = `${root}/systemd/journal/socket`;
  for (let tries = 0; tries < 400 && globSync(`${root}/log/journal/*/system.journal`).length === 0; tries++)
    await delay(25);
  const read = (identifier: string): readonly Entry[] => {
    const files = globSync(`${root}/log/journal/*/system.journal`).flatMap((file) => ["--file", file]);
    const shown = ["--all", "--no-pager", "-o", "json", `SYSLOG_IDENTIFIER=${identifier}`];
    const { stdout } = spawnSync("journalctl", [...files, ...shown], { encoding: "utf8", maxBuffer: 1 << 26 });
    return stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Entry);
  };
  return {
    socket,
    async entries(identifier, count) {
      let found = read(identifier);
      for (let tries = 0; tries < 100 && found.length < count; tries++) {
        await delay(50);
        found = read(identifier);
      }
      return found;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, "exit");
    },
  };
}
