import { attach, BpfError, missedHits, type AttachOptions, type BpfLink, type BpfProgram } from "libbpf-ts";
import { moduleLoading } from "../kernel/loaded-modules.ts";
import type { Attachment, Followed } from "./attachment.ts";

/** A function of a module. */
export interface ModuleFunction {
  readonly module: string;
  readonly function: string;
  readonly offset: number;
  readonly returns: boolean;
}

/**
 * A kprobe on a function of a module. Unloading the module leaves the probe dead forever
 * (kprobes_module_callback in kernel/kprobes.c), even if the module is loaded again. `follow`
 * detaches the dead probe and attaches to the new module.
 */
export class ModuleKprobe implements Attachment {
  readonly #program: BpfProgram;
  readonly #point: ModuleFunction;
  readonly #options: AttachOptions;
  /** which loading of the module the program is attached to */
  #loading: bigint | undefined;
  #link: BpfLink | undefined;

  /** Throws BpfError if the function cannot be probed. */
  constructor(program: BpfProgram, point: ModuleFunction, options: AttachOptions) {
    this.#program = program;
    this.#point = point;
    this.#options = options;
    this.#attach(moduleLoading(point.module));
  }

  follow(): Followed {
    const { module } = this.#point;
    const loading = moduleLoading(module);
    if (loading === this.#loading && loading !== undefined) return { changes: [], gaps: [] };
    const changes: string[] = [];
    if (this.#link !== undefined) {
      changes.push(`${this.#symbol}: detached, module "${module}" was unloaded`);
      void this[Symbol.asyncDispose]();
    }
    if (loading === undefined) return { changes, gaps: [`module "${module}" is not loaded`] };
    try {
      this.#attach(loading);
      return { changes: [...changes, `${this.#symbol}: attached, module "${module}" was loaded`], gaps: [] };
    } catch (error) {
      return { changes, gaps: [error instanceof BpfError ? error.message : String(error)] };
    }
  }

  /** Returns the missed hits since the module was loaded. */
  missed(): bigint | undefined {
    return this.#link === undefined ? 0n : missedHits(this.#link);
  }

  get #symbol(): string {
    return `${this.#point.module}:${this.#point.function}`;
  }

  #attach(loading: bigint | undefined): void {
    const { offset, returns } = this.#point;
    const symbol = this.#symbol;
    const target = returns ? ({ kind: "kretprobe", symbol } as const) : ({ kind: "kprobe", symbol, offset } as const);
    this.#link = attach(this.#program, target, this.#options);
    this.#loading = loading;
  }

  [Symbol.dispose](): void {
    this.#take()?.[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#take()?.[Symbol.asyncDispose]();
  }

  #take(): BpfLink | undefined {
    const link = this.#link;
    this.#link = undefined;
    this.#loading = undefined;
    return link;
  }
}
