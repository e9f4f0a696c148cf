import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { compileProgram } from "../../../bpf/compile/compile-program.ts";
import { ForeignReader } from "../../../bpf/foreign/foreign-reader.ts";
import { ProcessFilesWatcher } from "../../../bpf/foreign/process-files.ts";
import { openGenerations, type Generations } from "../../../bpf/load/generations.ts";
import { loadObject } from "../../../bpf/load/load-object.ts";
import type { LoadedObject } from "../../../bpf/load/loaded-object.ts";
import { ModuleWatch } from "../../../daemon/run/module-watch.ts";
import { checked } from "../../bpf/check/rule.ts";
import { kernel } from "../compile/host.ts";
import { kernelTestNeeding } from "../needs.ts";

/** Network devices that go nowhere: `dummy_setup` runs for each that is made. */
const MODULE = "dummy";

function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: "pipe" });
}

const insert = (): void => run("modprobe", MODULE, "numdummies=0");
const remove = (): void => run("modprobe", "--remove", MODULE);

function makeDevice(): void {
  run("ip", "link", "add", "bpfwarden0", "type", "dummy");
  run("ip", "link", "delete", "bpfwarden0");
}

function load(probe: string, filter: string, generations: Generations): LoadedObject {
  const program = checked({ signals: { value: { probe, filter, aggregate: "count()" } } }, kernel);
  return loadObject(compileProgram(program, kernel), generations);
}

async function countOf(object: LoadedObject, generations: Generations): Promise<bigint> {
  return object.drain(await generations.flip()).unkeyed[0]?.[0] ?? 0n;
}

kernelTestNeeding(["kprobe", "module"], "a rule follows a module that is unloaded and loaded again", async () => {
  insert();
  using _ = { [Symbol.dispose]: remove };
  using generations = openGenerations();
  const watch = new ModuleWatch();
  using reader = new ForeignReader({ nowMs: () => performance.now(), onFault: assert.fail });
  await using around = await new ProcessFilesWatcher(reader).look([], false);
  for (const probe of ["kernel:dummy_setup", "kprobe:dummy:dummy_setup", "kernelret:dummy_setup"]) {
    await using object = load(probe, "pid != 0", generations);
    makeDevice();
    assert.equal(await countOf(object, generations), 1n, probe);
    assert.deepEqual(await object.follow(around), { changes: [], gaps: [] });

    remove();
    assert.deepEqual(await object.follow(around), {
      changes: ['dummy:dummy_setup: detached, module "dummy" was unloaded'],
      gaps: ['module "dummy" is not loaded'],
    });
    assert.ok(watch.differ());

    insert();
    assert.deepEqual(await object.follow(around), {
      changes: ['dummy:dummy_setup: attached, module "dummy" was loaded'],
      gaps: [],
    });
    makeDevice();
    assert.equal(await countOf(object, generations), 1n, probe);
  }
});

kernelTestNeeding(["fentry", "module_types"], "functions of a module have its types", async () => {
  insert();
  using _ = { [Symbol.dispose]: remove };
  using generations = openGenerations();
  for (const probe of ["fentry:dummy:dummy_setup", "kprobe:dummy_setup", "fexit:dummy_setup"]) {
    await using object = load(probe, "args.dev.mtu >= 0 and args.dev.flags == args.dev.flags", generations);
    makeDevice();
    assert.equal(await countOf(object, generations), 1n, probe);
  }
});
