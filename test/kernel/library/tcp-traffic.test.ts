import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { kernelTest } from "../privilege.ts";
import { counted, countedRows } from "../support/counted.ts";
import { nameThisThread } from "../support/libc.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { openLoopback, transfer } from "../support/loopback.ts";

kernelTest("tcp-rtt measures the round-trip time to each peer", async () => {
  await using rule = new LoadedRule(libraryRule("tcp-rtt"));
  using loopback = await openLoopback(1);
  for (let n = 0; n < 5; n++) await transfer(loopback.client, loopback.server, 10_000);
  const { rtt_us = 0, segments = 0 } = await counted(rule, { daddr: loopback.addresses.client });
  assert.ok(segments >= 5 && rtt_us > 0 && rtt_us < 1e6, `${rtt_us} µs over ${segments} segments`);
});

kernelTest("tcp-throughput counts bytes of both directions by program and peer", async () => {
  const comm = nameThisThread("bw-bytes");
  await using rule = new LoadedRule(libraryRule("tcp-throughput"));
  using loopback = await openLoopback(2);
  const { client, server, addresses, ports } = loopback;
  await transfer(client, server, 300_000);
  await transfer(server, client, 5);
  const { rows } = await rule.sample();
  const of = (daddr: string, dport: number): readonly (number | undefined)[] =>
    [0, 1].map((signal) => {
      const labels = { comm, daddr, dport: String(dport) };
      return rows.find((row) => Object.entries(labels).every(([name, value]) => row.labels[name] === value))?.values[
        signal
      ]?.[0];
    });
  assert.deepEqual(of(addresses.server, ports.server), [300_000, 5]);
  assert.deepEqual(of(addresses.client, ports.client), [5, 300_000]);
});

kernelTest("tcp-drops counts segments by reason and port", async () => {
  await using rule = new LoadedRule(libraryRule("tcp-drops"));
  const port = 7079; // nobody's
  for (let n = 0; n < 3; n++) await once(connect(port, "127.0.0.1"), "error").catch(() => undefined);
  const [row, ...more] = await countedRows(rule, { dport: String(port) });
  assert.deepEqual([row?.counts["value"], more], [3, []]);
  const reason = row?.labels["reason"] ?? "";
  assert.ok(["NO_SOCKET", "1"].includes(reason), reason); // before 5.17 the kernel gives none
});
