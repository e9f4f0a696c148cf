import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { expressionOf, KNOWN_RECORDS } from "../../../bpf/check/records/record-fields.ts";
import type { FieldExpression } from "../../../bpf/check/records/field-expressions.ts";
import type { Kernel, TracepointField } from "../../../bpf/kernel/kernel.ts";
import { onlyRecords } from "../../bpf/kernel-fixture.ts";
import { call } from "../daemon/call-rules.ts";
import { skipWithoutBpf } from "../privilege.ts";
import { build, hostKernel, LoadedRule } from "../support/loaded-rule.ts";
import { LoopDevice } from "../support/loop-device.ts";
import { MemoryCgroup } from "../support/memory-cgroup.ts";

/*
 * A tracepoint that is attached without its record gives what the record holds. The truth is the
 * kernel's own record: the same rule is loaded twice, once so that it reads that, and both see the
 * same events.
 */

/** A guest has few processes, and little memory for the maps of so many rules. */
const ROOM = { keyLimit: process.env["BPFWARDEN_GUEST"] === undefined ? 100_000 : 3_000 };

/** Some of everything that the tracepoints report. */
async function doThings(): Promise<void> {
  const path = join(tmpdir(), `tracepoint-arguments-${process.pid}`);
  for (let round = 0; round < 3; round++) {
    execFileSync("sh", ["-c", "true | cat; kill -URG $$; uname -a; sleep 0.01"]);
    writeFileSync(path, "x".repeat(10_000));
    assert.equal(readFileSync(path).length, 10_000);
    execFileSync("sync", [path]);
    // from the disk, and with a signal that comes from a timer
    spawnSync("dd", [`if=${path}`, "of=/dev/null", "bs=4096", "iflag=nocache,direct"]);
    spawnSync("timeout", ["0.01", "sleep", "1"]);
    for (const host of ["127.0.0.1", "::1"]) await talk(host).then(() => knockInVain(host));
    await sleep(20);
  }
  execFileSync("rm", [path]);
  writeToDisk();
  using group = new MemoryCgroup("bpfwarden-fields", 24 << 20);
  group.run("tail", "/dev/zero"); // which is killed
}

/** Requests of each kind that a loop device takes. */
function writeToDisk(): void {
  using disk = new LoopDevice(8 << 20);
  spawnSync("dd", ["if=/dev/zero", `of=${disk.path}`, "bs=64k", "count=8", "conv=fsync"]);
  spawnSync("dd", ["if=/dev/zero", `of=${disk.path}`, "bs=4k", "count=4", "oflag=direct,sync"]);
  spawnSync("dd", [`if=${disk.path}`, "of=/dev/null", "bs=4k"]);
  spawnSync("blkdiscard", [disk.path]);
}

/** A reset that no socket sends. */
async function knockInVain(host: string): Promise<void> {
  const client = createConnection(9, host).on("error", () => undefined);
  await new Promise((resolve) => client.on("close", resolve));
}

async function talk(host: string): Promise<void> {
  const server = createServer((socket) => socket.resetAndDestroy()).listen(0, host);
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  const client = createConnection(address.port, host).on("error", () => undefined);
  client.write("hello");
  await new Promise((resolve) => client.on("close", resolve));
  server.close();
}

interface Counts {
  readonly byKey: ReadonlyMap<string, number>;
  /** events without a key: one that comes while the kernel adds a key of another is refused its own */
  readonly unkeyed: number;
}

/** Counts by key, in words; undefined where there were more keys than fit. */
async function countsOf(rule: LoadedRule | undefined): Promise<Counts | undefined> {
  const sample = await rule?.sample();
  if (sample === undefined || sample.health.lost_keys > 0) return undefined;
  const rows = sample.rows.filter(({ labels }) => labels["other"] === undefined);
  return {
    byKey: new Map(rows.map(({ labels, values }) => [JSON.stringify(labels), values[0]?.[0] ?? 0])),
    unkeyed: sample.health.lost_busy,
  };
}

/** Returns the keys with fewer records than in truth, if more are missing than have no key. */
function missingFrom({ byKey, unkeyed }: Counts, truth: Counts): readonly string[] {
  const missing = [...truth.byKey].filter(([key, count]) => count > (byKey.get(key) ?? 0));
  const events = missing.reduce((sum, [key, count]) => sum + count - (byKey.get(key) ?? 0), 0);
  return events > unkeyed ? missing.map(([key]) => key) : [];
}

/**
 * Returns the records without an equal record from the arguments. The kernel leaves out some runs
 * of the tracepoints' records, and none of the others.
 */
async function differences(all: readonly string[]): Promise<readonly string[]> {
  // An older kernel may lack what an expression needs: then the record is read.
  const texts = all.filter((text) =>
    build(text, hostKernel).object.programs.every(({ type }) => type !== "tracepoint"),
  );
  assert.ok(texts.length > 0.8 * all.length, `only ${texts.length} of ${all.length} rules are made of arguments`);
  await using loaded = new AsyncDisposableStack();
  const load = (text: string, kernel: Kernel): LoadedRule => loaded.use(new LoadedRule(text, undefined, kernel, ROOM));
  const byArguments = texts.map((text) => load(text, hostKernel));
  const byRecord = texts.map((text) => load(text, onlyRecords(hostKernel)));
  const typesOf = (rules: readonly LoadedRule[]): ReadonlySet<string> =>
    new Set(rules.flatMap(({ object }) => object.spec.programs.map(({ type }) => type)));
  assert.deepEqual([...typesOf(byArguments), ...typesOf(byRecord)], ["tracing", "tracepoint"]);
  await doThings();
  await Promise.all(byRecord.map((rule) => rule.object.detach()));
  const seen = new Set<string>();
  const found = texts.map(async (text, index) => {
    const [truth, given] = [await countsOf(byRecord[index]), await countsOf(byArguments[index])];
    if (truth === undefined || given === undefined) return [];
    if (truth.byKey.size > 0) seen.add(/tracepoint:[\w:*]+/.exec(text)?.[0] ?? "");
    return missingFrom(given, truth).map((key) => `${text}: ${key}`);
  });
  const different = (await Promise.all(found)).flat();
  assert.ok(seen.size > texts.length / 2, `only ${seen.size} of ${texts.length} rules saw anything`);
  const unseen = texts.filter((text) =>
    SURELY.some((name) => text.includes(`"tracepoint:${name}"`) && !seen.has(`tracepoint:${name}`)),
  );
  assert.deepEqual(unseen, []);
  return different;
}

/**
 * A thread that has ended may be reaped between one program and the next: EXIT_ZOMBIE becomes
 * EXIT_DEAD.
 */
const UNSTEADY: ReadonlyMap<string, string> = new Map([
  ["prev_state", "(args.prev_state & EXIT_TRACE) != 0 ? EXIT_TRACE : args.prev_state"],
]);

/** Tracepoints that `doThings` always causes. */
const SURELY = [
  "block:block_rq_issue",
  "block:block_rq_complete",
  "block:block_bio_queue",
  "tcp:tcp_probe",
  "tcp:tcp_send_reset",
  "tcp:tcp_receive_reset",
  "oom:mark_victim",
  "kmem:rss_stat",
];

/**
 * Returns expressions that read a field: each element of an array, and each part of a socket
 * address.
 */
function readings(field: string, { kind }: TracepointField["form"], made?: FieldExpression): readonly string[] {
  if (kind === "located-characters") return [`str(args.${field}, 64)`];
  if (kind !== "array") return [UNSTEADY.get(field) ?? `args.${field}`];
  if (typeof made === "object" && "elements" in made) return made.elements.map((_, index) => `args.${field}[${index}]`);
  return [`address(args.${field})`, `port(args.${field})`];
}

function ruleOf(tracepoint: string): string | undefined {
  const [category = "", name = ""] = tracepoint.split(":");
  const fields = hostKernel.tracepoint(category, name)?.fields ?? [];
  const known = fields.filter((field) => expressionOf(tracepoint, field.name) !== undefined);
  if (known.length === 0 || hostKernel.btf.find("typedef", `btf_trace_${name}`) === undefined) return undefined;
  const columns = known.flatMap(({ name: field, form }) => {
    const made = expressionOf(tracepoint, field);
    return readings(field, form, made).map((reading, index) => `f${index}_${field}: '${reading}'`);
  });
  const by = columns.join(", ");
  return `rule: fields\nprobe: "tracepoint:${tracepoint}"\nby: {${by}}\naggregate: count()\n`;
}

test(
  "fields that are computed from a tracepoint's arguments equal those of its record",
  { skip: skipWithoutBpf },
  async () => {
    assert.deepEqual(await differences(KNOWN_RECORDS.flatMap((tracepoint) => ruleOf(tracepoint) ?? [])), []);
  },
);

const NUMBER = "{p: probe, n: args.__syscall_nr}";
const CALLS = {
  sys_enter_openat: "{c: comm, dfd: args.dfd, flags: args.flags, mode: args.mode, path: str(args.filename)}",
  sys_enter_mmap: "{a: args.addr, l: args.len, p: args.prot, f: args.flags, d: args.fd, o: args.off}",
  sys_exit_openat: "{c: comm, r: args.ret}",
  sys_enter:
    "{c: comm, id: args.id, a: 'args.args[0]', b: 'args.args[1]', d: 'args.args[2]', e: 'args.args[args.id & 3]'}",
  "sys_enter_new*": NUMBER,
  "sys_exit_*d*": NUMBER,
} as const;

test("so do those of system calls, whose numbers are the kernel's", { skip: skipWithoutBpf }, async () => {
  const rules = Object.entries(CALLS).map(([name, by]) => {
    const [category, filter] =
      name === "sys_enter" ? ["raw_syscalls", "filter: args.id in [257, 56, 59, 221]\n"] : ["syscalls", ""];
    return `rule: call\nprobe: "tracepoint:${category}:${name}"\n${filter}by: ${by}\naggregate: count()\n`;
  });
  assert.deepEqual(await differences(rules), []);
});

test("each signal at one system call counts, also beside signals at others", { skip: skipWithoutBpf }, async () => {
  const own = `pid == ${String(process.pid)}`;
  const signal = (call: string, filter: string) => ({
    probe: `tracepoint:syscalls:sys_enter_${call}`,
    filter: `${own} and ${filter}`,
    aggregate: "count()",
  });
  const signals = {
    low: signal("getpriority", "args.who < 10"),
    beside: signal("getppid", "args.__syscall_nr > 0"),
    high: signal("getpriority", "args.who >= 10"),
    all: signal("getpriority", "args.who >= 0"),
  };
  await using rule = new LoadedRule(JSON.stringify({ rule: "signals", signals }));
  for (const who of [3, 12, 13]) call(who);
  for (let n = 0; n < 5; n++) void process.ppid;
  const [totals] = await rule.totals();
  assert.deepEqual(totals, { low: 1, beside: 5, high: 2, all: 3 });
});
