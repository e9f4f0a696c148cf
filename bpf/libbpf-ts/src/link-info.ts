import { bpfObjectInfo } from "./libbpf.ts";
import type { BpfLink } from "./link.ts";

/** enum bpf_link_type */
const LINK_TYPE = { perf_event: 7, kprobe_multi: 8 } as const;

/** enum bpf_perf_event_type: BPF_PERF_EVENT_KPROBE, BPF_PERF_EVENT_KRETPROBE */
const KPROBE_EVENTS: readonly number[] = [3, 4];

/** Offsets in struct bpf_link_info. `known` is its size since the version that has them. */
const OFFSET = { type: 0, perfEventType: 16, multiMissed: 32, kprobeMissed: 48, known: 56, end: 64 } as const;

/**
 * Returns the hits that the kernel left out of kprobes. For a kretprobe these came while all places
 * to remember a return were taken (`kretprobe.nmissed`). For any kprobe they came from within
 * another one. Undefined before Linux 6.7, which does not count them ("bpf: Add missed value to
 * kprobe perf link info"), and for links of other kinds.
 */
export function missedHits(link: BpfLink): bigint | undefined {
  const view = new DataView(new ArrayBuffer(OFFSET.end));
  const bytes = new Uint32Array([OFFSET.end]);
  // Before 5.15 the descriptor is that of a perf event, which has no information.
  if (bpfObjectInfo(link.fd, view, bytes) < 0 || (bytes[0] ?? 0) < OFFSET.known) return undefined;
  const type = view.getUint32(OFFSET.type, true);
  if (type === LINK_TYPE.kprobe_multi) return view.getBigUint64(OFFSET.multiMissed, true);
  const isKprobe = type === LINK_TYPE.perf_event && KPROBE_EVENTS.includes(view.getUint32(OFFSET.perfEventType, true));
  return isKprobe ? view.getBigUint64(OFFSET.kprobeMissed, true) : undefined;
}

/**
 * True if this kernel counts runs of programs at tracepoints that it leaves out because another
 * program runs on the CPU. It does so since Linux 6.7 (dd8657894c11 "bpf: Count missed stats in
 * trace_call_bpf"), which also added the misses of kprobes to links.
 */
export function countsMissedRuns(link: BpfLink): boolean {
  const view = new DataView(new ArrayBuffer(OFFSET.end));
  const bytes = new Uint32Array([OFFSET.end]);
  return bpfObjectInfo(link.fd, view, bytes) >= 0 && (bytes[0] ?? 0) >= OFFSET.known;
}
