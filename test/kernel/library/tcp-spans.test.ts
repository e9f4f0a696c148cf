import assert from "node:assert/strict";
import { once } from "node:events";
import { kernelTest } from "../privilege.ts";
import { counted } from "../support/counted.ts";
import { libc, nameThisThread } from "../support/libc.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { openLoopback, transfer } from "../support/loopback.ts";
import { waitUntil } from "../support/wait-until.ts";

kernelTest("tcp-connect-latency and tcp-sessions follow a connection from its first packet to its end", async () => {
  const comm = nameThisThread("bw-connect");
  await using latency = new LoadedRule(libraryRule("tcp-connect-latency"));
  await using sessions = new LoadedRule(libraryRule("tcp-sessions"));
  const startedMs = performance.now();
  const { client, server, addresses, ports } = await openLoopback(3);
  const tookNs = (performance.now() - startedMs) * 1e6;
  const key = { comm, daddr: addresses.server, dport: String(ports.server) };
  const { value, value_p99: longest = 0 } = await counted(latency, key);
  assert.equal(value, 1);
  assert.ok(longest > 0 && longest < 1.07 * tookNs, `${longest} of ${tookNs} ns`);

  await transfer(client, server, 1234);
  await transfer(server, client, 77);
  const closed = Promise.all([once(client, "close"), once(server, "close")]);
  client.end();
  await closed;
  const found: ReturnType<LoadedRule["records"]>[number][] = [];
  const records = await waitUntil("both ends to be recorded", () => {
    found.push(...sessions.records().filter(({ fields }) => String(fields["saddr"]).startsWith("127.77.3.")));
    return found.length >= 2 && found;
  });
  const ends = records.map(({ fields: { saddr, sport, daddr, dport, incoming, received } }) => [
    saddr,
    sport,
    daddr,
    dport,
    incoming,
    received,
  ]);
  assert.deepEqual(
    new Set(ends.map((end) => end.join(" "))),
    // the end of a stream counts as a byte
    new Set([
      [addresses.client, ports.client, addresses.server, ports.server, false, 78].join(" "),
      [addresses.server, ports.server, addresses.client, ports.client, true, 1235].join(" "),
    ]),
  );
  const endedNs = (performance.now() - startedMs) * 1e6;
  assert.ok(records.every(({ fields }) => Number(fields["lasted"]) > 0 && Number(fields["lasted"]) < endedNs));
});

kernelTest("tcp-read-delay measures how long data waits for its program", async () => {
  const comm = nameThisThread("bw-late");
  await using rule = new LoadedRule(libraryRule("tcp-read-delay"));
  using loopback = await openLoopback(4);
  const read = once(loopback.server, "data");
  loopback.client.write("data");
  libc.usleep(150_000); // the data is there, and this thread sleeps
  await read;
  const { value, value_p99: longest = 0 } = await counted(rule, { comm, sport: String(loopback.ports.server) });
  assert.ok((value ?? 0) >= 1);
  assert.ok(longest > 100e6 && longest < 10e9, `${longest} ns`);
});

kernelTest("tcp-close-wait measures how late a program closes what its peer has closed", async () => {
  await using rule = new LoadedRule(libraryRule("tcp-close-wait"));
  using loopback = await openLoopback(5);
  const closed = once(loopback.server.resume(), "close");
  loopback.client.destroy();
  libc.usleep(150_000);
  await closed;
  const { value, value_p50: late = 0 } = await counted(rule, { sport: String(loopback.ports.server) });
  assert.equal(value, 1);
  assert.ok(late > 100e6 && late < 10e9, `${late} ns`);
});
