import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const ADDRESS = "127.77.8.1";

/**
 * Runs a script where the one name server never answers, and returns what it prints. Only root can
 * do this.
 *
 * @param hosts the names that `/etc/hosts` has, with their addresses
 */
export async function withSilentNameServer(hosts: Readonly<Record<string, string>>, script: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-names-"));
  const silent = createSocket("udp4").bind(53, ADDRESS);
  try {
    await once(silent, "listening");
    const lines = Object.entries({ localhost: "127.0.0.1", ...hosts }).map(([name, address]) => `${address} ${name}\n`);
    writeFileSync(join(folder, "resolv.conf"), `nameserver ${ADDRESS}\noptions timeout:1 attempts:1\n`);
    writeFileSync(join(folder, "hosts"), lines.join(""));
    writeFileSync(join(folder, "script.mjs"), script);
    const mounts = ["resolv.conf", "hosts"].map((name) => `mount --bind ${join(folder, name)} /etc/${name}`);
    const command = [...mounts, `exec ${process.execPath} ${join(folder, "script.mjs")}`].join(" && ");
    const { stdout } = await promisify(execFile)("unshare", ["--mount", "sh", "-c", command]);
    return stdout;
  } finally {
    silent.close();
    rmSync(folder, { recursive: true });
  }
}
