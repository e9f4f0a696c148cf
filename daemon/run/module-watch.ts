import { loadedModules } from "../../bpf/kernel/loaded-modules.ts";

/** Tells when modules of the kernel come and go: what they bring can be probed, and what they take away cannot. */
export class ModuleWatch {
  #seen = modulesText();

  /** whether they are others than when `changed` was last asked */
  differ(): boolean {
    return modulesText() !== this.#seen;
  }

  /** As `differ`, and from now on these are the ones to differ from. */
  changed(): boolean {
    const now = modulesText();
    const before = this.#seen;
    this.#seen = now;
    return now !== before;
  }
}

function modulesText(): string {
  return [...loadedModules()].join("\n");
}
