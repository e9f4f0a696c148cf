import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { SmtpSettings } from "../../../../daemon/settings/settings.ts";

const POSTFIX = "/usr/sbin/postfix";

/** The options of tests that need Postfix, which only root can start. */
export const withPostfix = {
  skip: process.getuid?.() === 0 && existsSync(POSTFIX) ? false : "root and the package postfix are not there",
};

/** A Postfix of its own, with the mailboxes ops, two and three of example.org. */
export interface Postfix extends AsyncDisposable {
  readonly smtp: SmtpSettings;
  /** answers to recipients from now on, such as `ops@example.org 450 later` */
  refuse(...lines: readonly string[]): void;
  /** waits until a mailbox has so many mails, and returns them */
  mails(mailbox: string, count: number): Promise<readonly string[]>;
}

const MASTER = (port: number): string => `
127.0.0.1:${port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
`;

const MAIN = (folder: string): string => `
compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
maillog_file = ${folder}/log
maillog_file_prefixes = ${folder}
inet_protocols = ipv4
myhostname = mx.example.org
mydestination =
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = example.org
virtual_mailbox_base = ${folder}/mail
virtual_mailbox_maps = inline:{ ops@example.org=ops/, two@example.org=two/, three@example.org=three/ }
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 1
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access texthash:${folder}/refused, permit_mynetworks
smtpd_peername_lookup = no
smtpd_tls_security_level = none
`;

export async function startPostfix(): Promise<Postfix> {
  const folder = mkdtempSync(join(tmpdir(), "postfix-"));
  const etc = join(folder, "etc");
  for (const each of ["etc", "queue", "data", "mail"]) mkdirSync(join(folder, each));
  spawnSync("chmod", ["755", folder]);
  spawnSync("chown", ["nobody", join(folder, "mail")]);
  spawnSync("chown", ["postfix", join(folder, "data")]);
  const port = await freePort();
  writeFileSync(join(etc, "master.cf"), MASTER(port));
  writeFileSync(join(etc, "main.cf"), MAIN(folder));
  writeFileSync(join(folder, "refused"), "");
  run(etc, "start");
  await answering(port, folder);
  return {
    smtp: { host: "127.0.0.1", port, tls: "opportunistic" },
    refuse: (...lines) => {
      writeFileSync(join(folder, "refused"), lines.map((line) => `${line}\n`).join(""));
      run(etc, "reload");
    },
    async mails(mailbox, count) {
      const place = join(folder, "mail", mailbox, "new");
      const names = (): readonly string[] => (existsSync(place) ? readdirSync(place) : []);
      for (let tries = 0; tries < 400 && names().length < count; tries++) await delay(25);
      return names().map((name) => readFileSync(join(place, name), "utf8"));
    },
    [Symbol.asyncDispose]: () => {
      run(etc, "stop");
      rmSync(folder, { recursive: true });
      return Promise.resolve();
    },
  };
}

function run(etc: string, command: string): void {
  const { status, stderr } = spawnSync(POSTFIX, ["-c", etc, command], { encoding: "utf8" });
  if (status !== 0) throw new Error(`postfix ${command}: ${stderr}`);
}

/** Returns a port that nobody listened on a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answering(port: number, folder: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    const socket = connect(port, "127.0.0.1");
    const answered = await new Promise((resolve) => {
      socket
        .once("data", () => resolve(true))
        .once("error", () => resolve(false))
        .once("close", () => resolve(false));
    });
    socket.destroy();
    if (answered === true) return;
    await delay(25);
  }
  throw new Error(`postfix does not answer: ${readFileSync(join(folder, "log"), "utf8")}`);
}
