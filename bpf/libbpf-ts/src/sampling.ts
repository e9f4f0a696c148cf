import { BpfError } from "./bpf-error.ts";
import type { Descriptor } from "./descriptor.ts";
import { linkPerfEvent, type BpfLink } from "./link.ts";
import { enableEvent, eventCount, openPerfEvent, setProgram } from "./perf-event.ts";
import type { BpfProgram } from "./program.ts";

/** An event of perf on one CPU, and how often it runs a program. */
export interface SamplingEvent {
  /** PERF_TYPE_* of include/uapi/linux/perf_event.h, or the number of a dynamic PMU */
  readonly type: number;
  readonly config: bigint;
  /** one run for this many events, or nanoseconds of a clock */
  readonly period: bigint;
  readonly cpu: number;
}

export interface SamplingLink extends BpfLink {
  /**
   * True if the event has run since the last call. An event ends when its CPU goes offline, and
   * stays dead after the CPU is back (perf_event_exit_cpu in kernel/events/core.c).
   */
  hasRun(): boolean;
  /**
   * Returns how many times the event has reached its period; each is due to run the program. 0
   * after the event has ended.
   */
  due(): bigint;
}

/**
 * Attaches a program of type `perf_event` to an event on one CPU, which must be online (otherwise
 * ENODEV). Throws BpfError.
 */
export function attachSampling(program: BpfProgram, sampling: SamplingEvent): SamplingLink {
  using opened = new DisposableStack();
  const { type, config, period, cpu } = sampling;
  const subject = `perf event ${type}:0x${config.toString(16)} on CPU ${cpu}`;
  const event = opened.use(openPerfEvent({ type, config, samplePeriod: period, cpu }, subject));
  const link = linkPerfEvent(program, event, 0n);
  if (link === undefined) setProgram(event, program.fd);
  else opened.use(link);
  enableEvent(event);
  opened.move();
  return new OpenSampling(event, link, period);
}

class OpenSampling implements SamplingLink {
  /** kept beside the link, since only the event can be read */
  readonly #event: Descriptor;
  readonly #link: Descriptor | undefined;
  readonly #period: bigint;
  #enabledNs = 0n;

  constructor(event: Descriptor, link: Descriptor | undefined, period: bigint) {
    this.#event = event;
    this.#link = link;
    this.#period = period;
  }

  get fd(): number {
    return (this.#link ?? this.#event).fd;
  }

  hasRun(): boolean {
    const before = this.#enabledNs;
    this.#enabledNs = eventCount(this.#event).enabledNs;
    return this.#enabledNs > before;
  }

  due(): bigint {
    return eventCount(this.#event).count / this.#period;
  }

  [Symbol.dispose](): void {
    this.#link?.[Symbol.dispose]();
    this.#event[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link?.[Symbol.asyncDispose]();
    await this.#event[Symbol.asyncDispose]();
  }
}

/** Errors of perf_event_open(2) if hardware or kernel lack an event. */
const ABSENT: readonly string[] = ["ENOENT", "EOPNOTSUPP", "ENODEV", "EINVAL"];

/**
 * True if this machine has an event of perf, found by opening it. Throws BpfError if that cannot be
 * known without more privileges.
 */
export function opensSampling({ type, config }: Pick<SamplingEvent, "type" | "config">): boolean {
  try {
    using _ = openPerfEvent({ type, config, samplePeriod: LONG_PERIOD }, `perf event ${type}:0x${config.toString(16)}`);
    return true;
  } catch (error) {
    if (error instanceof BpfError && ABSENT.includes(error.code)) return false;
    throw error;
  }
}

const LONG_PERIOD = 1_000_000_000n;
