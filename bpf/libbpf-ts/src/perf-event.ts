import { readSync } from "node:fs";
import { checkedErrno } from "./bpf-error.ts";
import { Descriptor } from "./descriptor.ts";
import { ioctl, syscallPerfEventOpen } from "./libc.ts";
import { addressOf } from "./native.ts";
import { firstOnlineCpu } from "./cpus.ts";

/** PERF_TYPE_* of include/uapi/linux/perf_event.h */
export const PERF_TYPE_TRACEPOINT = 2;

/** The fields of struct perf_event_attr that probes need. */
export interface PerfEventAttributes {
  /** PERF_TYPE_*, or the number of a dynamic PMU */
  readonly type: number;
  readonly config: bigint;
  /** the text that `config1` points to: the path of a uprobe, the function of a kprobe */
  readonly path?: string;
  readonly config2?: bigint;
  /**
   * number of events, or nanoseconds of a clock, from one sample to the next; absent for probes,
   * which do not sample
   */
  readonly samplePeriod?: bigint;
  /** any online CPU if absent */
  readonly cpu?: number;
}

/** PERF_ATTR_SIZE_VER1: up to and including config2. */
const ATTRIBUTE_BYTES = 72;
const OFFSET = {
  type: 0,
  size: 4,
  config: 8,
  samplePeriod: 16,
  readFormat: 32,
  flags: 40,
  config1: 56,
  config2: 64,
} as const;
const PERF_FORMAT_TOTAL_TIME_ENABLED = 1n;
/** perf_event_attr.disabled: the event waits for `enableEvent` */
const DISABLED = 1n;
const PERF_FLAG_FD_CLOEXEC = 8n;
const SYSTEM_CALL = { x64: 298, arm64: 241 } as const;

/**
 * Opens an event for all processes on one CPU, which must be online (otherwise ENODEV). For a
 * tracepoint or uprobe the CPU is only nominal: the attached program runs on every CPU. An event
 * that samples is opened disabled. Throws BpfError.
 */
export function openPerfEvent(attributes: PerfEventAttributes, subject: string): Descriptor {
  const encoded = encodeAttributes(attributes);
  const [anyProcess, noGroup] = [-1, -1];
  const cpu = attributes.cpu ?? firstOnlineCpu();
  const fd = syscallPerfEventOpen(systemCallNumber(), encoded, anyProcess, cpu, noGroup, PERF_FLAG_FD_CLOEXEC);
  return new Descriptor(checkedErrno("perf_event_open", fd, subject), subject);
}

/**
 * Returns the attributes followed by the path, so that the path stays in memory exactly as long as
 * they do.
 */
function encodeAttributes(attributes: PerfEventAttributes): Uint8Array {
  const path = Buffer.from(attributes.path === undefined ? "" : `${attributes.path}\0`);
  const bytes = new Uint8Array(ATTRIBUTE_BYTES + path.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(OFFSET.type, attributes.type, true);
  view.setUint32(OFFSET.size, ATTRIBUTE_BYTES, true);
  view.setBigUint64(OFFSET.config, attributes.config, true);
  if (attributes.path !== undefined) {
    bytes.set(path, ATTRIBUTE_BYTES);
    view.setBigUint64(OFFSET.config1, addressOf(bytes) + BigInt(ATTRIBUTE_BYTES), true);
  }
  view.setBigUint64(OFFSET.config2, attributes.config2 ?? 0n, true);
  if (attributes.samplePeriod !== undefined) {
    view.setBigUint64(OFFSET.samplePeriod, attributes.samplePeriod, true);
    view.setBigUint64(OFFSET.readFormat, PERF_FORMAT_TOTAL_TIME_ENABLED, true);
    view.setBigUint64(OFFSET.flags, DISABLED, true);
  }
  return bytes;
}

const READ_BYTES = 16;

/** The count of a sampling event, and for how many nanoseconds it has been enabled. */
export interface EventCount {
  readonly count: bigint;
  readonly enabledNs: bigint;
}

/**
 * Reads u64 count, u64 time (perf_event_open(2)). Both are 0 if the kernel has closed the event.
 */
export function eventCount(event: Descriptor): EventCount {
  const bytes = Buffer.alloc(READ_BYTES);
  if (readSync(event.fd, bytes) < READ_BYTES) return { count: 0n, enabledNs: 0n };
  return { count: bytes.readBigUInt64LE(), enabledNs: bytes.readBigUInt64LE(8) };
}

function systemCallNumber(): number {
  const { arch } = process;
  if (arch === "x64" || arch === "arm64") return SYSTEM_CALL[arch];
  throw new Error(`expected an x64 or arm64 machine, found ${arch}`);
}

/** _IOW('$', 8, __u32) and _IO('$', 0) */
const PERF_EVENT_IOC_SET_BPF = 0x40042408;
const PERF_EVENT_IOC_ENABLE = 0x2400;

/**
 * Makes the event run a program, by its descriptor. For kernels without links to perf events,
 * before 5.15. Throws BpfError.
 */
export function setProgram(event: Descriptor, programFd: number): void {
  const result = ioctl(event.fd, PERF_EVENT_IOC_SET_BPF, programFd);
  checkedErrno("ioctl PERF_EVENT_IOC_SET_BPF", result, event.subject);
}

/** Starts an event. An event that runs already stays unchanged. Throws BpfError. */
export function enableEvent(event: Descriptor): void {
  checkedErrno("ioctl PERF_EVENT_IOC_ENABLE", ioctl(event.fd, PERF_EVENT_IOC_ENABLE, 0), event.subject);
}
