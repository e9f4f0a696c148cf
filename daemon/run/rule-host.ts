import { ForeignReader } from "../../bpf/foreign/foreign-reader.ts";
import { type ProcessFiles, ProcessFilesWatcher } from "../../bpf/foreign/process-files.ts";
import type { FusedPart } from "../../bpf/load/fused/fused-part.ts";
import { Fuser } from "../../bpf/load/fused/fuser.ts";
import type { Generations } from "../../bpf/load/generations.ts";
import { bootOffset } from "../sample/boot-clock.ts";
import type { HostNames } from "../sample/names.ts";
import type { Clock } from "../service/clock.ts";
import { flipAt, type Flipped } from "./flip.ts";
import { openHostNames } from "./host-names.ts";
import type { ReadRecords } from "./records-reader.ts";
import type { RunningRule } from "./running-rule.ts";

/**
 * The number of records that are read, decoded and sent on before other work, so that they are gone
 * again before the heap grows: with many thousands at once most of the time is spent on collecting
 * them.
 */
const RECORDS_AT_ONCE = 512;

/** Takes the output of running rules, except their counts. */
export interface RuleHostOutput {
  /** a batch from the ring of a rule, with the records that could not be read */
  readonly records: (rule: RunningRule, read: ReadRecords) => void;
  /** called if a rule followed what it is attached to: the change in words */
  readonly followed: (rule: RunningRule, change: string) => void;
  /** called if something failed, for one rule or, without a rule, for all; the others run on */
  readonly failed: (what: string, error: unknown, rule?: RunningRule) => void;
  /**
   * called if files, memory or symbols of other processes cannot be read: the reason, in one line
   */
  readonly trouble: (fault: string) => void;
}

/**
 * Everything that rules in the kernel share, in the daemon and in `try`: generations, names, and
 * the files to attach to.
 */
export class RuleHost implements Disposable {
  readonly generations: Generations;
  /** absent if each program is attached alone */
  readonly fuser: Fuser | undefined;
  readonly names: HostNames;
  readonly #clock: Clock;
  readonly #output: RuleHostOutput;
  readonly #reader: ForeignReader;
  readonly #processFiles: ProcessFilesWatcher;
  #following = Promise.resolve(true);

  /**
   * @param generations are disposed with the host
   * @param fuses true to join the programs of several rules at one place
   */
  constructor(generations: Generations, clock: Clock, output: RuleHostOutput, fuses = false) {
    this.generations = generations;
    const onRefused = ({ spec }: FusedPart, error: Error): void =>
      output.trouble(`the program "${spec.name}" runs alone, not with those of other rules: ${error.message}`);
    this.fuser = fuses ? new Fuser(generations, onRefused) : undefined;
    this.#clock = clock;
    this.#output = output;
    const onFault = (fault: string): void => output.trouble(fault);
    this.#reader = new ForeignReader({ nowMs: () => clock.bootMs(), onFault });
    this.#processFiles = new ProcessFilesWatcher(this.#reader);
    this.names = openHostNames(clock, this.#reader, onFault);
  }

  /**
   * Begins a tick: the counts up to now can be read, and programs count on in the other generation.
   */
  async flip(): Promise<Flipped> {
    return flipAt(this.generations, this.#clock);
  }

  /** Sends the records of a rule on as they come. */
  watchRecords(rule: RunningRule): void {
    rule.object.watchRecords(() => this.forwardRecords(rule));
  }

  /**
   * Sends one batch on; the poller reports the records that are left. Returns the size of the
   * batch.
   */
  forwardRecords(rule: RunningRule, areLast = false): number {
    try {
      const offsetNs = bootOffset(this.#clock.unixNs(), this.#clock.bootNs(), this.#clock.unixNs());
      const read = rule.readRecords(offsetNs, RECORDS_AT_ONCE, areLast);
      this.#output.records(rule, read);
      return read.records.length + read.errors.length;
    } catch (error) {
      this.#output.failed("reading the rule's records failed", error, rule);
      return 0;
    }
  }

  /** Sends on the records that are left in the ring of a detached rule. */
  drainRecords(rule: RunningRule): void {
    while (this.forwardRecords(rule, true) > 0);
  }

  /**
   * Lets all rules follow what they are attached to, one call after the other. Resolves to true if
   * that worked; never rejects.
   */
  async follow(rules: () => readonly RunningRule[]): Promise<boolean> {
    this.#following = this.#following.then(() => this.#followOnce(rules()));
    return this.#following;
  }

  async #followOnce(rules: readonly RunningRule[]): Promise<boolean> {
    try {
      this.fuser?.measure();
      const objects = rules.map(({ object }) => object);
      await using around = await this.#processFiles.look(
        objects.flatMap(({ files }) => files),
        objects.some(({ asksForMapped }) => asksForMapped),
      );
      let isFollowed = true;
      for (const rule of rules) isFollowed = (await this.#followRule(rule, around)) && isFollowed;
      return isFollowed;
    } catch (error) {
      this.#output.failed("following what the rules are attached to failed", error);
      return false;
    }
  }

  async #followRule(rule: RunningRule, around: ProcessFiles): Promise<boolean> {
    try {
      // Several probes may say the same of one file.
      for (const change of new Set(await rule.follow(around))) this.#output.followed(rule, change);
      return true;
    } catch (error) {
      this.#output.failed("following what the rule is attached to failed", error, rule);
      return false;
    }
  }

  /** Ends the reading of other processes: work that waits for it goes on. */
  stopReading(): void {
    this.#reader[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.stopReading();
    this.fuser?.[Symbol.dispose]();
    this.generations[Symbol.dispose]();
  }
}
