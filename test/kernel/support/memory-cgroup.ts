import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { libc } from "./libc.ts";

const ROOT = "/sys/fs/cgroup";

/**
 * Returns the folder for groups of memory, and the name of their limit, for both versions of
 * cgroups.
 */
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

  /**
   * Puts a process that runs already into the group; what it has allocated before stays where it
   * is.
   */
  add(pid: number): void {
    writeFileSync(join(this.#folder, "cgroup.procs"), String(pid));
  }

  /** Runs `during` with this process in the group, so that what it makes meanwhile is the group's. */
  within<T>(during: () => T): T {
    const lines = readFileSync("/proc/self/cgroup", "utf8").split("\n");
    const own = lines.find((line) => /:memory:/.test(line)) ?? lines.find((line) => line.startsWith("0::"));
    const { folder } = hierarchy();
    this.add(process.pid);
    try {
      return during();
    } finally {
      writeFileSync(join(folder, own?.replace(/^.*?:.*?:/, "") ?? "", "cgroup.procs"), String(process.pid));
    }
  }

  /** Lets it use no more than it does now. */
  close(): void {
    const { limit } = hierarchy();
    const usage = limit === "memory.max" ? "memory.current" : "memory.usage_in_bytes";
    writeFileSync(join(this.#folder, limit), readFileSync(join(this.#folder, usage)));
  }

  [Symbol.dispose](): void {
    rmdirSync(this.#folder);
  }
}
