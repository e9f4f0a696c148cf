import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** A block device that nothing else uses: a file behind the loop driver. */
export class LoopDevice implements Disposable {
  readonly path: string;
  /** `major:minor` */
  readonly number: string;
  readonly #folder: string;

  constructor(bytes: number) {
    if (!existsSync("/dev/loop-control")) execFileSync("modprobe", ["loop"]);
    this.#folder = mkdtempSync(join(tmpdir(), "bpfwarden-loop-"));
    const file = join(this.#folder, "disk");
    execFileSync("truncate", [`--size=${bytes}`, file]);
    this.path = execFileSync("losetup", ["--find", "--show", file], { encoding: "utf8" }).trim();
    this.number = readFileSync(`/sys/block/${basename(this.path)}/dev`, "utf8").trim();
  }

  [Symbol.dispose](): void {
    execFileSync("losetup", ["--detach", this.path]);
    rmSync(this.#folder, { recursive: true });
  }
}
