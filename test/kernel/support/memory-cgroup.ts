import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { libc } from "./libc.ts";

const ROOT = "/sys/fs/cgroup";

/** Where groups of memory are made, and what their limit is called there, in whichever version of cgroups the host uses. */
function hierarchy(): { readonly folder: string; readonly limit: string } {
  if (existsSync(join(ROOT, "memory/memory.limit_in_bytes")))
    return { folder: join(ROOT, "memory"), limit: "memory.limit_in_bytes" };
  if (!existsSync(join(ROOT, "cgroup.controllers")) && libc.mount("cgroup2", ROOT, "cgroup2", 0, null) !== 0)
    throw new Error("expected cgroups, found none");
  writeFileSync(join(ROOT, "cgroup.subtree_control"), "+memory");
  return { folder: ROOT, limit: "memory.max" };
}

/** A control group that may not use more than so much memory. */
export class MemoryCgroup implements Disposable {
  readonly #folder: string;

  constructor(name: string, bytes: number) {
    const { folder, limit } = hierarchy();
    this.#folder = join(folder, name);
    mkdirSync(this.#folder);
    writeFileSync(join(this.#folder, limit), String(bytes));
  }

  /** Runs a program in the group. */
  run(program: string, ...words: readonly string[]): SpawnSyncReturns<string> {
    const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    return spawnSync("sh", ["-c", enter, this.#folder, program, ...words], { encoding: "utf8" });
  }

  [Symbol.dispose](): void {
    rmdirSync(this.#folder);
  }
}
