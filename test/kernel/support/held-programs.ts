import { readdirSync, readFileSync } from "node:fs";

/** Returns the number of BPF programs that a process holds a descriptor of. */
export function heldPrograms(pid: number | "self" = "self"): number {
  return readdirSync(`/proc/${pid}/fd`).filter((descriptor) => isProgram(`/proc/${pid}/fdinfo/${descriptor}`)).length;
}

function isProgram(information: string): boolean {
  try {
    return readFileSync(information, "utf8").includes("prog_jited");
  } catch {
    // closed meanwhile
    return false;
  }
}
