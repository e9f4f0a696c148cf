import type { ObjectSpec } from "../../../bpf/compile/object-spec.ts";
import { Fuser } from "../../../bpf/load/fused/fuser.ts";
import { openGenerations, type Generations } from "../../../bpf/load/generations.ts";
import { loadObject } from "../../../bpf/load/load-object.ts";
import type { Drained, LoadedObject } from "../../../bpf/load/loaded-object.ts";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import type { RuleDefaults } from "../../../daemon/rules/build-rule-syntax.ts";
import { build } from "./loaded-rule.ts";

export interface RulesTogetherOptions {
  readonly kernel?: Kernel;
  readonly limits?: Partial<RuleDefaults>;
  /** changes what a rule was compiled to */
  readonly alter?: (object: ObjectSpec) => ObjectSpec;
}

/** Several rules in the kernel, without the daemon around them. */
export class RulesTogether implements AsyncDisposable {
  readonly objects = new Map<string, LoadedObject>();
  readonly generations: Generations = openGenerations();
  /** why programs run alone, although others are at their places */
  readonly refused: string[] = [];
  readonly #fuser: Fuser | undefined;
  readonly #options: RulesTogetherOptions;

  /** @param fuses true if programs at one place are joined */
  constructor(fuses: boolean, options: RulesTogetherOptions = {}) {
    this.#fuser = fuses ? new Fuser(this.generations, (_, error) => this.refused.push(error.message)) : undefined;
    this.#options = options;
  }

  /** Loads rules together, by a name each. */
  async load(texts: Readonly<Record<string, string>>): Promise<void> {
    const loadAll = async (): Promise<void> => {
      for (const [name, text] of Object.entries(texts)) this.objects.set(name, this.#load(text));
      return Promise.resolve();
    };
    await (this.#fuser === undefined ? loadAll() : this.#fuser.batch(loadAll));
  }

  #load(text: string): LoadedObject {
    const { alter = (object) => object, kernel, limits } = this.#options;
    return loadObject(alter(build(text, kernel, limits).object), this.generations, this.#fuser);
  }

  /** Loads a new version of a rule, and then removes the old one. */
  async replace(name: string, text: string): Promise<void> {
    const old = this.objects.get(name);
    this.objects.set(name, this.#load(text));
    await old?.[Symbol.asyncDispose]();
  }

  /** Merges programs, as after a while without changes. */
  async merge(): Promise<void> {
    await this.#fuser?.merge();
  }

  /** Measures each rule from now on, if the kernel measures programs. */
  measure(): void {
    this.#fuser?.measure();
  }

  /** Returns what each rule counted since the last call. */
  async drain(): Promise<ReadonlyMap<string, Drained>> {
    const idle = await this.generations.flip();
    return new Map([...this.objects].map(([name, object]) => [name, object.drain(idle)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.objects.values()].map(async (object) => object[Symbol.asyncDispose]()));
    this.#fuser?.[Symbol.dispose]();
    this.generations[Symbol.dispose]();
  }
}

/** Returns a rule's count, over all its keys. */
export const countOf = ({ rows, unkeyed }: Drained): bigint =>
  [unkeyed, ...rows.map(({ values }) => values)].reduce((sum, values) => sum + (values[0]?.[0] ?? 0n), 0n);
