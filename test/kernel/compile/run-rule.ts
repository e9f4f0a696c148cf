import type { CheckedProgram } from "../../../bpf/check/checked-program.ts";
import { compileProgram } from "../../../bpf/compile/compile-program.ts";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import { openGenerations } from "../../../bpf/load/generations.ts";
import type { Drained } from "../../../bpf/load/loaded-object.ts";
import { loadObject } from "../../../bpf/load/load-object.ts";
import { kernel as host } from "./host.ts";

export interface Outcome extends Drained {
  readonly records: readonly Uint8Array[];
}

/**
 * Compiles a rule, loads it, runs `load` while it is attached, and gives what it counted and
 * recorded.
 */
export async function runRule(
  program: CheckedProgram,
  load: () => void | Promise<void>,
  kernel: Kernel = host,
): Promise<Outcome> {
  using generations = openGenerations();
  await using loaded = loadObject(compileProgram(program, kernel), generations);
  await load();
  await loaded.detach();
  const records: Uint8Array[] = [];
  loaded.drainRecords((record) => records.push(record.slice()));
  return { ...loaded.drain(await generations.flip()), records };
}
