import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findCommand } from "../../../../packaging/setup/presence.mjs";

const RSYSLOGD = findCommand("rsyslogd");

export const rsyslog = { skip: RSYSLOGD === undefined ? "rsyslogd of the package rsyslog is not there" : false };

/** The fields of a message as rsyslog has parsed it. */
export interface Logged {
  readonly pri: string;
  readonly host: string;
  readonly app: string;
  readonly msgid: string;
  readonly data: string;
  readonly msg: string;
}

export interface Rsyslog extends AsyncDisposable {
  readonly port: number;
  /** a certificate of 127.0.0.1, which is its own authority, and its key */
  readonly cert: string;
  readonly key: string;
  /** Waits until so many messages are in its file. */
  messages(count: number): Promise<readonly Logged[]>;
}

const TEMPLATE = `template(name="json" type="list" option.jsonf="on") {
  property(outname="pri" name="pri" format="jsonf") property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf") property(outname="msgid" name="msgid" format="jsonf")
  property(outname="data" name="structured-data" format="jsonf") property(outname="msg" name="msg" format="jsonf")
}`;

/** Starts rsyslog as a process of its own on a free port, with one input. */
export async function startRsyslog(transport: "udp" | "tcp" | "tls"): Promise<Rsyslog> {
  const folder = mkdtempSync(join(tmpdir(), "rsyslog-"));
  const [out, cert, key] = ["out", "cert", "key"].map((name) => join(folder, name)) as [string, string, string];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, ...subject];
  execFileSync("openssl", request, { stdio: "ignore" });
  const port = await freePort();
  const tls = `StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="x509/certvalid"`;
  const inputs = {
    udp: `module(load="imudp") input(type="imudp" address="127.0.0.1" port="${port}")`,
    tcp: `module(load="imtcp") input(type="imtcp" address="127.0.0.1" port="${port}")`,
    tls: `module(load="imtcp" ${tls}) input(type="imtcp" address="127.0.0.1" port="${port}")`,
  };
  const files = `DefaultNetstreamDriverCAFile="${cert}" DefaultNetstreamDriverCertFile="${cert}" DefaultNetstreamDriverKeyFile="${key}"`;
  const lines = [
    `global(workDirectory="${folder}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off" ${files})`,
    inputs[transport],
    TEMPLATE,
    `action(type="omfile" file="${out}" template="json" flushInterval="1" asyncWriting="off")`,
  ];
  writeFileSync(join(folder, "conf"), `${lines.join("\n")}\n`);
  const child = spawn(RSYSLOGD ?? "", ["-n", "-f", join(folder, "conf"), "-i", join(folder, "pid")], {
    stdio: "ignore",
  });
  await listening(port, transport === "udp" ? "udp" : "tcp");
  const read = (): readonly Logged[] => {
    const text = existsSync(out) ? readFileSync(out, "utf8") : "";
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Logged);
  };
  return {
    ...{ port, cert, key },
    async messages(count) {
      for (let tries = 0; tries < 400 && read().length < count; tries++) await delay(25);
      return read();
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, "exit");
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until /proc/net has a socket on the port. */
async function listening(port: number, protocol: "udp" | "tcp"): Promise<void> {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (let tries = 0; tries < 400; tries++) {
    if (readFileSync(`/proc/net/${protocol}`, "latin1").includes(local)) return;
    await delay(25);
  }
  throw new Error("rsyslog does not listen");
}
