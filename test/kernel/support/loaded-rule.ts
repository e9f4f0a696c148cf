import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import { ForeignReader } from "../../../bpf/foreign/foreign-reader.ts";
import { ProcessFilesWatcher } from "../../../bpf/foreign/process-files.ts";
import type { Followed } from "../../../bpf/load/attachment.ts";
import { openGenerations, type Generations } from "../../../bpf/load/generations.ts";
import { loadObject } from "../../../bpf/load/load-object.ts";
import { openKernel } from "../../../bpf/load/open-kernel.ts";
import type { Drained, LoadedObject } from "../../../bpf/load/loaded-object.ts";
import { formatDiagnostics } from "../../../bpf/source/format-diagnostic.ts";
import { buildRule, type BuiltRule } from "../../../daemon/run/build-rule.ts";
import type { RuleDefaults } from "../../../daemon/rules/build-rule-syntax.ts";
import { readRules } from "../../../daemon/rules/read-rules.ts";
import { containerNames } from "../../../daemon/sample/container-names.ts";
import { cgroupPaths } from "../../../daemon/sample/cgroup-paths.ts";
import { AwaitedNames } from "../../../daemon/sample/awaited-names.ts";
import { decodeRecord } from "../../../daemon/sample/decode-record.ts";
import { ruleNames, type Names } from "../../../daemon/sample/names.ts";
import { NO_SYMBOLS, type Symbols } from "../../../bpf/kernel/symbols/symbols.ts";
import type { EventRecord, Sample, SampleRow } from "../../../daemon/sample/sample.ts";
import { toSample } from "../../../daemon/sample/to-sample.ts";
import { SLOWNESS } from "./wait-until.ts";

export const hostKernel: Kernel = openKernel();

const DEFAULTS: RuleDefaults = { windowMs: 60_000, keyLimit: 10_000, ringBytes: 1 << 20 };

/**
 * The one rule of a text, taken through every stage up to the kernel's door. Throws what is wrong
 * with it.
 */
export function build(text: string, kernel: Kernel = hostKernel, limits: Partial<RuleDefaults> = {}): BuiltRule {
  const { rules, diagnostics } = readRules({ path: "test.yaml", text }, { ...DEFAULTS, ...limits });
  const [rule] = rules;
  if (rule === undefined) throw new Error(formatDiagnostics(diagnostics));
  const { result, diagnostics: found } = buildRule(rule, kernel, { parts: true });
  if (result === undefined) throw new Error(formatDiagnostics(found));
  return result;
}

/** A rule in the kernel, without the daemon around it: what it counted, exactly. */
export class LoadedRule implements AsyncDisposable {
  readonly built: BuiltRule;
  readonly object: LoadedObject;
  readonly #generations: Generations;
  // An emulated processor takes longer for a file than its owner's share of the time.
  readonly #reader = new ForeignReader({ nowMs: () => performance.now() / SLOWNESS, onFault: () => undefined });
  readonly #processFiles = new ProcessFilesWatcher(this.#reader);
  readonly #awaited: AwaitedNames;
  readonly #names: Names;

  /** @param symbols what addresses are named by */
  constructor(
    text: string,
    symbols: Symbols = NO_SYMBOLS,
    kernel: Kernel = hostKernel,
    limits: Partial<RuleDefaults> = {},
  ) {
    this.built = build(text, kernel, limits);
    this.#generations = openGenerations();
    this.object = loadObject(this.built.object, this.#generations);
    const nowMs = (): number => 0;
    const names = { cgroupPath: cgroupPaths(nowMs), container: containerNames(nowMs), symbols, nowMs };
    this.#names = ruleNames({ userName: () => undefined, ...names }, (id) => this.object.stack(id));
    const { key, record } = this.built.object.layout;
    this.#awaited = new AwaitedNames(this.#names.stack, key, record);
  }

  /** Lets the rule follow what it is attached to. */
  async follow(): Promise<Followed> {
    await using around = await this.#processFiles.look(this.object.files, this.object.asksForMapped);
    return await this.object.follow(around);
  }

  /** Returns the kernel's counts since the last call, unchanged. */
  async drain(): Promise<{ readonly drained: Drained }> {
    return { drained: this.object.drain(await this.#generations.flip()) };
  }

  /** Returns the counts since the last call. */
  async sample(): Promise<Sample> {
    const { drained } = await this.drain();
    const { rule } = this.built.checked;
    const early = this.#awaited.rows(drained.rows);
    await this.#awaited.settled();
    const rows = [...early, ...this.#awaited.rows([])];
    return toSample(this.built.object.layout, { ...drained, rows }, { rule, atMs: 0, intervalMs: 1 }, this.#names);
  }

  /** The first slots of each row's aggregates by name: totals of count and sum. */
  async totals(): Promise<readonly Readonly<Record<string, number | undefined>>[]> {
    const { rows } = await this.sample();
    const names = this.built.object.layout.aggregates.map(({ aggregate }) => aggregate.name);
    const valuesOf = (row: SampleRow): [string, number | undefined][] =>
      names.map((name, index) => [name, row.values[index]?.[0]]);
    return rows.map((row) => Object.fromEntries(valuesOf(row)));
  }

  /** Returns the records since the last call, after the functions of their stacks are known. */
  async namedRecords(): Promise<readonly EventRecord[]> {
    this.object.drainRecords((bytes) => this.#awaited.addRecord(bytes));
    await this.#awaited.settled();
    return this.records();
  }

  records(): readonly EventRecord[] {
    const { record } = this.built.object.layout;
    const records: EventRecord[] = [];
    if (record === undefined) return records;
    this.object.drainRecords((bytes) => this.#awaited.addRecord(bytes));
    for (const bytes of this.#awaited.takeRecords(Infinity, true)) {
      const context = { rule: this.built.checked.rule, bootOffsetNs: 0n, names: this.#names };
      const decoded = decodeRecord(record, bytes, context);
      if (!decoded.ok) throw new Error(decoded.error);
      records.push(decoded.record);
    }
    return records;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reader[Symbol.dispose]();
    await this.object[Symbol.asyncDispose]();
    this.#generations[Symbol.dispose]();
  }
}
