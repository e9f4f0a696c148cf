import assert from "node:assert/strict";
import { fdatasyncSync, fsyncSync } from "node:fs";
import { hostClock } from "../../../daemon/service/clock.ts";
import { kernelTest } from "../privilege.ts";
import { LoadedRule } from "../support/loaded-rule.ts";
import { kernel, kernelWithout } from "./host.ts";

/** Numbers of files that nobody has open: the calls fail, and their arguments are what counts. */
const [A, B, C] = [900_001, 900_002, 900_003];

const start = (file: number): void => assert.throws(() => fsyncSync(file), { code: "EBADF" });
const end = (file: number): void => assert.throws(() => fdatasyncSync(file), { code: "EBADF" });

const rule = (more: string): string => `
rule: files
probe:
  from: {probe: tracepoint:syscalls:sys_enter_fsync, filter: pid == ${String(process.pid)}}
  to: {probe: tracepoint:syscalls:sys_enter_fdatasync, filter: pid == ${String(process.pid)}}
  ${more}
`;
const BY_FILE = "by: {file: file}\naggregate: {count: count(), longest: max(elapsed)}\n";

/** Ways to match the file's number: each takes another way through the compiler. */
const MATCHES: readonly (readonly [name: string, match: string])[] = [
  ["a number that recurs", "args.fd"],
  ["a number of 64 bits", 'cast(args.fd, "s64")'],
  ["numbers of different widths", '{from: args.fd, to: \'cast(args.fd, "u8") + args.fd - cast(args.fd, "u8")\'}'],
  ["a tuple with a text and an address", '[comm, "::1", args.fd, "str(task.comm, 24)"]'],
];

const HOSTS = [
  ["with atomics", kernel],
  ["without atomics", kernelWithout("atomic_fetch")],
] as const;

for (const [hostName, host] of HOSTS) {
  for (const [name, match] of MATCHES) {
    kernelTest(`spans of different values are open side by side, ${name}, ${hostName}`, async () => {
      await using loaded = new LoadedRule(rule(`match: ${match}\n  keep: {file: args.fd}`) + BY_FILE, undefined, host);
      for (let round = 0; round < 3; round++) {
        start(A);
        start(B);
        end(B);
        end(C);
        end(A);
        end(A);
      }
      const { health, rows } = await loaded.sample();
      const counted = new Map(rows.map(({ labels, values }) => [labels["file"], values[0]?.[0]]));
      assert.deepEqual(
        counted,
        new Map([
          [String(A), 3],
          [String(B), 3],
        ]),
      );
      for (const { values } of rows) assert.ok((values[1]?.[0] ?? 0) > 0 && (values[1]?.[0] ?? 0) < 10e9);
      assert.deepEqual([health.matched, health.orphaned, health.lost_keys], [6, 0, 0]);
    });
  }
}

for (const [name, match] of MATCHES) {
  for (const restart of [false, true]) {
    const what = restart ? "takes the place of an open one and counts it" : "over a start changes nothing";
    kernelTest(`a start ${what}, ${name}`, async () => {
      const probe = rule(`match: ${match}\n  restart: ${String(restart)}\n  keep: {began: now}`);
      await using loaded = new LoadedRule(`${probe}event: {began: began}\n`);
      start(A);
      const betweenNs = hostClock().bootNs();
      start(A);
      end(A);
      end(A);
      const records = loaded.records();
      assert.equal(records.length, 1);
      assert.equal(BigInt(String(records[0]?.fields["began"])) > betweenNs, restart);
      const { health } = await loaded.sample();
      assert.deepEqual([health.matched, health.orphaned], [1, restart ? 1 : 0]);
    });
  }

  kernelTest(`a start that is too old is orphaned, at the next start or the end, ${name}`, async () => {
    await using loaded = new LoadedRule(rule(`match: ${match}\n  timeout: 1ns`) + "aggregate: count()\n");
    start(A);
    start(A);
    end(A);
    end(A);
    const { health } = await loaded.sample();
    assert.deepEqual([health.matched, health.orphaned], [0, 2]);
  });
}

for (const [name, match] of MATCHES) {
  kernelTest(`a start whose value never comes again is counted, and its room is used again, ${name}`, async () => {
    await using loaded = new LoadedRule(rule(`match: ${match}\n  timeout: 50ms`) + "aggregate: count()\n");
    start(A);
    let orphaned = 0;
    for (let time = 0; time < 200 && orphaned === 0; time++) {
      orphaned += (await loaded.sample()).health.orphaned;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal(orphaned, 1);
    end(A);
    const { health } = await loaded.sample();
    assert.deepEqual([health.matched, health.orphaned], [0, 0]);
  });
}
