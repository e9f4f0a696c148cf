import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { SmtpSettings } from "../../../daemon/settings/settings.ts";

export const SMTP_SINK = "/usr/sbin/smtp-sink";

export function hasSmtpSink(): boolean {
  return spawnSync(SMTP_SINK, []).error === undefined;
}

export interface SmtpSink extends AsyncDisposable {
  readonly smtp: SmtpSettings;
  /** the mails that came, as SMTP carried them, without carriage returns */
  mails(): readonly string[];
}

/** Postfix's test server on a free port; `args` are faults, such as `-f RCPT`. */
export async function startSmtpSink(...args: readonly string[]): Promise<SmtpSink> {
  const directory = mkdtempSync(join(tmpdir(), "smtp-sink-"));
  chmodSync(directory, 0o777);
  const port = await freePort();
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn(SMTP_SINK, [...user, ...args, "-4", "-d", join(directory, "mail."), `127.0.0.1:${port}`, "10"]);
  await answering(port);
  return {
    smtp: { host: "127.0.0.1", port, tls: "opportunistic" },
    mails: () =>
      readdirSync(directory)
        .toSorted()
        .map((name) => readFileSync(join(directory, name), "utf8").replaceAll("\r", "")),
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, "exit");
      rmSync(directory, { recursive: true });
    },
  };
}

/** One that nobody listened on a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answering(port: number): Promise<void> {
  for (let attempts = 0; attempts < 200; attempts++) {
    const socket = connect(port, "127.0.0.1");
    const answered = await new Promise((resolve) =>
      socket.once("data", () => resolve(true)).once("error", () => resolve(false)),
    );
    socket.destroy();
    if (answered === true) return;
    await delay(25);
  }
  throw new Error("smtp-sink does not answer");
}
