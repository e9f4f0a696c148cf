import assert from "node:assert/strict";
import { closeSync, fchmodSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ATTACH_TYPES,
  attach,
  BpfError,
  createMap,
  loadProgram,
  type LinkTarget,
  type ProgramOptions,
} from "libbpf-ts";
import { kernel } from "../compile/host.ts";
import { kernelTestNeeding } from "../needs.ts";
import { countInto, onlyThisProcess, program, sumOverCpus, u32 } from "./assembler.ts";

const CALLS = 20;
/**
 * what a change of a mode comes to, in a file of the kernel where nothing else can make it part of
 * its caller
 */
const CHANGE = "notify_change";

function changeMode(): void {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-"));
  using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
  const file = openSync(join(folder, "file"), "w");
  for (let call = 0; call < CALLS; call++) fchmodSync(file, 0o600 + (call % 2));
  closeSync(file);
}

/**
 * Returns the counts of a program for this process's calls while it is attached, and after that.
 */
async function countCalls(target: LinkTarget, loaded: Partial<ProgramOptions> = {}): Promise<readonly bigint[]> {
  using map = createMap({ name: "counter", type: "percpu_array", keyBytes: 4, valueBytes: 8, maxEntries: 1 });
  const instructions = program(onlyThisProcess(), countInto(map.fd));
  using counting = loadProgram({ name: "counting", type: "kprobe", license: "GPL", instructions, ...loaded });
  const total = (): bigint => sumOverCpus(map.lookup(u32(0)) ?? new Uint8Array());
  {
    await using _ = attach(counting, target);
    changeMode();
  }
  const attached = total();
  changeMode();
  return [attached, total()];
}

const ONCE = [BigInt(CALLS), BigInt(CALLS)];

kernelTestNeeding("kprobe", "a kprobe sees each call, a kretprobe each return, until it is detached", async () => {
  assert.deepEqual(await countCalls({ kind: "kprobe", symbol: CHANGE }), ONCE);
  assert.deepEqual(await countCalls({ kind: "kretprobe", symbol: CHANGE }), ONCE);
});

kernelTestNeeding("kprobe", "a function that is not there is refused", async () => {
  await assert.rejects(countCalls({ kind: "kprobe", symbol: "no_such_function" }), BpfError);
});

kernelTestNeeding("kprobe_multi", "one link takes the entries, or the returns, of many functions", async () => {
  const loaded = { expectedAttachType: ATTACH_TYPES.trace_kprobe_multi };
  const symbols = [CHANGE, "vfs_fsync"];
  for (const returns of [false, true]) {
    assert.deepEqual(await countCalls({ kind: "kprobe_multi", symbols, returns }, loaded), ONCE);
  }
  await assert.rejects(
    countCalls({ kind: "kprobe_multi", symbols: [...symbols, "no_such_function"], returns: false }, loaded),
    BpfError,
  );
});

kernelTestNeeding("fentry", "fentry and fexit see each call", async () => {
  const attachBtfId = kernel.btf.find("function", CHANGE) ?? 0;
  for (const [kind, expectedAttachType] of [
    ["fentry", ATTACH_TYPES.trace_fentry],
    ["fexit", ATTACH_TYPES.trace_fexit],
  ] as const) {
    assert.deepEqual(await countCalls({ kind }, { type: "tracing", attachBtfId, expectedAttachType }), ONCE);
  }
});
