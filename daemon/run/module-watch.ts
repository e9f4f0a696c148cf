import { loadedModules } from "../../bpf/kernel/loaded-modules.ts";

/** Notices when kernel modules are loaded or unloaded: that changes which probes exist. */
export class ModuleWatch {
  #seen = modulesText();

  /** returns true if the modules differ from those at the last call of `changed` */
  differ(): boolean {
    return modulesText() !== this.#seen;
  }

  /** Does the same as `differ`, and remembers the current modules. */
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
