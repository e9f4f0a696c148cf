import assert from "node:assert/strict";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { PROBE_KINDS } from "../../../bpf/check/probes/probe-kinds.ts";
import { probeArguments } from "../../../bpf/check/probes/probe-arguments.ts";
import { compileProgram } from "../../../bpf/compile/compile-program.ts";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import type { ObjectSpec } from "../../../bpf/compile/object-spec.ts";
import { openGenerations } from "../../../bpf/load/generations.ts";
import { loadObject } from "../../../bpf/load/load-object.ts";
import { AttachRefused } from "../../../bpf/load/attach-refused.ts";
import { decodeKey } from "../../../daemon/sample/decode-key.ts";
import { checked, type ProbeText, type RuleText } from "../../bpf/check/rule.ts";
import { NAMES } from "../../daemon/sample/columns.ts";
import { kernelTestNeeding } from "../needs.ts";
import { kernel, kernelWithout } from "./host.ts";
import { runRule } from "./run-rule.ts";

const FILE = process.execPath;
const OURS = `pid == ${process.pid}`;

/** Five reads of 100 bytes of the file that holds this program. */
function readFile(): void {
  const file = openSync(FILE, "r");
  for (let read = 0; read < 5; read++) readSync(file, Buffer.alloc(100), 0, 100, read);
  closeSync(file);
}

/** Returns the counts of a rule by its key, while `load` runs. */
async function counted(
  rule: RuleText,
  on: Kernel,
  load: () => void = readFile,
): Promise<Readonly<Record<string, readonly bigint[]>>> {
  const program = checked(rule, on);
  const { health, rows } = await runRule(program, load, on);
  assert.deepEqual([health.faulted, health.lost_keys], [0n, 0n]);
  const layout = compileProgram(program, on).layout.key;
  assert.ok(layout !== undefined);
  return Object.fromEntries(
    rows.map((row) => [
      Object.values(decodeKey(layout, row.key, NAMES)).join(" "),
      row.values.map((slots) => slots?.[0] ?? 0n),
    ]),
  );
}

const inode = String(statSync(FILE).ino);

const reads = (probe: ProbeText, aggregate: string, by: Readonly<Record<string, string>>): RuleText => ({
  signals: { value: { probe, filter: OURS, aggregate: { count: "count()", sum: aggregate } } },
  by,
});

const INODE = { inode: "args.file.f_inode.i_ino" };

for (const [feature, probe] of [
  ["kprobe", "kprobe:vfs_read"],
  ["fentry", "fentry:vfs_read"],
  ["kprobe", "kernel:vfs_read"],
] as const) {
  kernelTestNeeding(feature, `${probe} has its arguments by name, with their types`, async () => {
    const counts = await counted(reads(probe, "sum(args.count)", INODE), kernel);
    assert.deepEqual(counts[inode], [5n, 500n]);
  });
}

for (const [feature, probe] of [
  ["kprobe", "kretprobe:vfs_read"],
  ["fentry", "fexit:vfs_read"],
  ["kprobe", "kernelret:vfs_read"],
] as const) {
  kernelTestNeeding(feature, `${probe} has what the function returns, with its type`, async () => {
    const counts = await counted(reads(probe, "sum(retval)", { retval: "retval" }), kernel);
    assert.deepEqual(counts["100"], [5n, 500n]);
  });
}

kernelTestNeeding("fentry", "fexit has the arguments too", async () => {
  const counts = await counted(reads("fexit:vfs_read", 'sum(cast(args.count, "s64") + retval)', INODE), kernel);
  assert.deepEqual(counts[inode], [5n, 1000n]);
});

kernelTestNeeding("kprobe", "registers are numbers that cast walks from", async () => {
  const by = { inode: 'cast(arg0, "file").f_inode.i_ino' };
  const without: Kernel = { ...kernel, btf: kernel.btf, has: (feature) => feature !== "fentry" && kernel.has(feature) };
  const counts = await counted(reads("kernel:vfs_read", "sum(arg2)", by), without);
  assert.deepEqual(counts[inode], [5n, 500n]);
});

kernelTestNeeding("kprobe", "an instruction at an offset is probed", async () => {
  const counts = await counted(reads("kprobe:vfs_read+0", "sum(args.count)", INODE), kernel);
  assert.deepEqual(counts[inode], [5n, 500n]);
  const within = await counted(
    reads(`kprobe:vfs_read+${await secondInstruction()}`, "sum(1)", { func: "func" }),
    kernel,
  );
  assert.ok((within["vfs_read"]?.[0] ?? 0n) >= 5n);
});

/**
 * Returns the first offset that the kernel accepts: the instruction after those that the kernel
 * itself changes at an entry.
 */
async function secondInstruction(): Promise<number> {
  const step = process.arch === "arm64" ? 4 : 1;
  for (let offset = step === 4 ? 8 : 5; offset < 16; offset += step) {
    try {
      await counted(reads(`kprobe:vfs_read+${offset}`, "sum(1)", { func: "func" }), kernel);
      return offset;
    } catch (error) {
      assert.ok(error instanceof AttachRefused && error.help !== undefined, String(error));
    }
  }
  throw new Error("no instruction within 16 bytes");
}

const READING: ProbeText = { probe: "kernel:vfs_*read*", except: ["vfs_*link*", "vfs_*dir*"] };

for (const [title, on] of [
  ["as the kernel has them", kernel],
  ["one by one", kernelWithout("kprobe_multi")],
  ["one by one with a program for each", kernelWithout("kprobe_multi", "attach_cookie")],
] as const) {
  kernelTestNeeding("kprobe", `the functions that a pattern matches are distinguished: ${title}`, async () => {
    const counts = await counted(reads(READING, "sum(1)", { func: "func" }), on);
    assert.ok(
      (counts["vfs_read"]?.[0] ?? 0n) >= 5n,
      JSON.stringify(counts, (_, value) => String(value)),
    );
    const spelled = await counted(reads(READING, "sum(1)", { probe: "probe" }), on);
    assert.ok((spelled["kernel:vfs_read"]?.[0] ?? 0n) >= 5n);
  });
}

kernelTestNeeding("kprobe_multi", "many functions take one program and one link", () => {
  const program = checked({ signals: { value: { probe: READING, aggregate: "count()" } } }, kernel);
  const { programs } = compileProgram(program, kernel);
  assert.deepEqual(
    programs.map(({ expectedAttachType }) => expectedAttachType),
    [42],
  );
  assert.ok((programs[0]?.attach.length ?? 0) > 2);
});

/**
 * Functions of many shapes: by each way in, everything that they are given and give is put into a
 * record.
 */
const SHAPES = ["vfs_*", "ip_*", "tcp_*", "security_*", "bpf_prog_*"];
const EACH = 8;

kernelTestNeeding("kprobe", "whatever a function is given and gives can be read, by every way in", () => {
  using generations = openGenerations();
  let loaded = 0;
  for (const pattern of SHAPES) {
    for (const kind of ["kernel", "kernelret", "kprobe"]) {
      const listed = PROBE_KINDS.find(({ name }) => name === kind)?.list(pattern, kernel);
      assert.ok(Array.isArray(listed));
      for (const name of spread(listed as readonly string[])) {
        const probe = `${kind}:${name}`;
        const event = valuesAt(probe);
        if (Object.keys(event).length === 0) continue;
        const program = checked({ signals: { value: { probe } }, event }, kernel);
        void loadObject(withoutAttaching(compileProgram(program, kernel)), generations)[Symbol.asyncDispose]();
        loaded++;
      }
    }
  }
  assert.ok(loaded > 50, String(loaded));
});

/** A few names, from all over the list. */
function spread(names: readonly string[]): readonly string[] {
  const step = Math.max(1, Math.floor(names.length / EACH));
  return names.filter((_, index) => index % step === 0).slice(0, EACH);
}

function valuesAt(probe: string): Readonly<Record<string, string>> {
  const given = probeArguments(probe, kernel);
  if (typeof given === "string") return {};
  const read = given.flatMap((each) => {
    if (!("type" in each)) return [];
    // the text that characters point to may be anything by then
    return /\bchar \*/.test(each.type) ? [`cast(${each.name}, "u64")`] : [each.name];
  });
  return Object.fromEntries(read.map((value, index) => [`v${index}`, value]));
}

/** The verifier has its say at loading; hundreds of probes are not needed for that. */
function withoutAttaching(spec: ObjectSpec): ObjectSpec {
  return { ...spec, programs: spec.programs.map((program) => ({ ...program, attach: [] })) };
}
