import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { NameLookup } from "../../../daemon/service/name-lookup.ts";
import { withSilentNameServer } from "./silent-name-server.ts";

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
  const stdout = await withSilentNameServer({ "alive.test": "127.0.0.9" }, SCRIPT);
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
