import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { NameLookup } from "../../../daemon/service/name-lookup.ts";

const MODULE = join(import.meta.dirname, "../../../daemon/service/name-lookup.ts");
const DEAD = ["a", "b", "c", "d"].map((name) => `${name}.dead.test`);

/** Asks for all names at once, twice, and prints the names in the order in which they settled. */
const SCRIPT = `
const { NameLookup } = await import(${JSON.stringify(MODULE)});
const names = new NameLookup();
const settled = [];
const ask = (name) => names.addressesOf(name).then(() => settled.push(name), () => settled.push("-" + name));
await ask("alive.test");
for (let round = 0; round < 2; round++)
  await Promise.all([...${JSON.stringify(DEAD)}, ${JSON.stringify(DEAD)}[0], "alive.test", "localhost"].map(ask));
console.log(JSON.stringify(settled));
`;

test("names that no server answers for do not delay others", { skip: process.getuid?.() !== 0 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-names-"));
  const silent = createSocket("udp4").bind(53, "127.77.8.1");
  try {
    await once(silent, "listening");
    writeFileSync(join(folder, "resolv.conf"), "nameserver 127.77.8.1\noptions timeout:1 attempts:1\n");
    writeFileSync(join(folder, "hosts"), "127.0.0.1 localhost\n127.0.0.9 alive.test\n");
    writeFileSync(join(folder, "script.mjs"), SCRIPT);
    const mounts = ["resolv.conf", "hosts"].map((name) => `mount --bind ${join(folder, name)} /etc/${name}`);
    const command = [...mounts, `exec ${process.execPath} ${join(folder, "script.mjs")}`].join(" && ");
    const { stdout } = await promisify(execFile)("unshare", ["--mount", "sh", "-c", command]);
    const settled = JSON.parse(stdout) as readonly string[];
    const alive = settled.filter((name) => !name.startsWith("-"));
    const dead = DEAD.map((name) => `-${name}`);
    assert.deepEqual(alive, ["alive.test", "localhost", "alive.test", "localhost", "alive.test"]);
    // Those that are found come before all that are not; who asks for a name that is asked for
    // waits with the others.
    const round = [dead[0], dead[0], ...dead.slice(1)];
    assert.deepEqual(
      settled.filter((name) => name.startsWith("-")),
      [...round, ...round],
    );
    assert.deepEqual(settled.slice(0, 4), ["alive.test", "localhost", "alive.test", dead[0]]);
  } finally {
    silent.close();
    rmSync(folder, { recursive: true });
  }
});

test("returns one address or all, of one family or of both, as the caller asks", async () => {
  const { lookup } = new NameLookup();
  const ask = (options: object): Promise<readonly unknown[]> =>
    new Promise((resolve) => lookup("localhost", options, (...answer) => resolve(answer)));
  assert.deepEqual(await ask({}), [null, "127.0.0.1", 4]);
  assert.deepEqual(await ask({ family: 6 }), [null, "::1", 6]);
  assert.deepEqual(await ask({ all: true, family: "IPv4" }), [null, [{ address: "127.0.0.1", family: 4 }]]);
  const [error] = await new Promise<readonly unknown[]>((resolve) =>
    lookup("no.such.host.invalid", {}, (...answer) => resolve(answer)),
  );
  assert.ok(error instanceof Error);
});
