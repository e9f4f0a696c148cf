import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A program under a name of its own, so that rules that count by `comm` can be distinguished from
 * what else runs on the host: the kernel takes the name from the path that was executed, and the
 * path is a link.
 */
export class NamedProgram implements Disposable {
  readonly name: string;
  readonly path: string;
  readonly #folder: string;

  constructor(name: string, target = "/bin/sh") {
    this.name = name;
    this.#folder = mkdtempSync(join(tmpdir(), "bpfwarden-named-"));
    chmodSync(this.#folder, 0o755); // other users run it, too
    this.path = join(this.#folder, name);
    symlinkSync(target, this.path);
  }

  run(...words: readonly string[]): SpawnSyncReturns<string> {
    return spawnSync(this.path, words, { encoding: "utf8", cwd: "/" });
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
