import { attachSampling, BpfError, onlineCpus, type BpfProgram, type SamplingLink } from "libbpf-ts";
import type { AttachPoint } from "../check/checked-program.ts";
import type { Attachment, Followed } from "./attachment.ts";

type PerfEventPoint = Extract<AttachPoint, { readonly kind: "perf-event" }>;

/**
 * A program that samples one CPU or all. An event of perf ends when its CPU goes offline, and stays
 * dead after the CPU is back. `follow` then opens another event, on another CPU if one is enough.
 */
export class CpuEvents implements Attachment {
  readonly #program: BpfProgram;
  readonly #point: PerfEventPoint;
  readonly #links = new Map<number, SamplingLink>();
  readonly #due = new Map<number, bigint>();
  #dueBefore = 0n;

  /** Throws BpfError if an event cannot be opened; then no event is open. */
  constructor(program: BpfProgram, point: PerfEventPoint) {
    this.#program = program;
    this.#point = point;
    using opened = new DisposableStack();
    opened.defer(() => this[Symbol.dispose]());
    for (const cpu of this.#wanted(onlineCpus())) this.#open(cpu);
    opened.move();
  }

  follow(): Followed {
    const online = onlineCpus();
    const changes = this.#dropEnded(online);
    const gaps: string[] = [];
    for (const cpu of this.#wanted(online)) {
      try {
        if (this.#open(cpu)) changes.push(`${this.#point.name}: attached on CPU ${cpu}`);
      } catch (error) {
        gaps.push(error instanceof BpfError ? error.message : String(error));
      }
    }
    return { changes, gaps };
  }

  /**
   * Returns how many runs were due. For events that have ended, the runs that were seen while they
   * existed count.
   */
  due(): bigint {
    for (const [cpu, link] of this.#links) {
      const due = link.due();
      if (due > 0n) this.#due.set(cpu, due);
    }
    return [...this.#due.values()].reduce((sum, due) => sum + due, this.#dueBefore);
  }

  /** Returns the online CPUs that need an event and have none. */
  #wanted(online: readonly number[]): readonly number[] {
    if (this.#point.cpus === "all") return online.filter((cpu) => !this.#links.has(cpu));
    return this.#links.size > 0 ? [] : online.slice(0, 1);
  }

  /** Opens an event, and returns whether that succeeded: a CPU can go offline before. */
  #open(cpu: number): boolean {
    const { config, period, type } = this.#point;
    try {
      this.#links.set(cpu, attachSampling(this.#program, { type, config, period, cpu }));
      return true;
    } catch (error) {
      if (error instanceof BpfError && error.code === "ENODEV" && !onlineCpus().includes(cpu)) return false;
      throw error;
    }
  }

  /**
   * Drops the events of CPUs that went offline. If a CPU is back already, its event has run since
   * the last time, and is found dead the next time.
   */
  #dropEnded(online: readonly number[]): string[] {
    const ended = [...this.#links].filter(([cpu, link]) => !link.hasRun() || !online.includes(cpu));
    for (const [cpu, link] of ended) {
      this.#links.delete(cpu);
      this.#dueBefore += this.#due.get(cpu) ?? 0n;
      this.#due.delete(cpu);
      void link[Symbol.asyncDispose]();
    }
    return ended.map(([cpu]) => `${this.#point.name}: ended with CPU ${cpu}, which went offline`);
  }

  [Symbol.dispose](): void {
    for (const link of this.#links.values()) link[Symbol.dispose]();
    this.#links.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const links = [...this.#links.values()];
    this.#links.clear();
    await Promise.all(links.map((link) => link[Symbol.asyncDispose]()));
  }
}
