import { bpfObjectInfo } from "./libbpf.ts";
import type { BpfLink } from "./link.ts";

/** enum bpf_link_type */
const LINK_TYPE = { perf_event: 7, kprobe_multi: 8 } as const;

/** enum bpf_perf_event_type: BPF_PERF_EVENT_KPROBE, BPF_PERF_EVENT_KRETPROBE */
const KPROBE_EVENTS: readonly number[] = [3, 4];

/** Offsets in struct bpf_link_info; `known` is its size from the version on that has them. */
const OFFSET = { type: 0, perfEventType: 16, multiMissed: 32, kprobeMissed: 48, known: 56, end: 64 } as const;

/**
 * Hits of kprobes that the kernel left out: of a kretprobe those that came while all places to remember a return were taken
 * (`kretprobe.nmissed`), of any those from within another kprobe. Undefined before Linux 6.7, which does not say ("bpf: Add missed value
 * to kprobe perf link info"), and for links of other kinds.
 */
export function missedHits(link: BpfLink): bigint | undefined {
  const view = new DataView(new ArrayBuffer(OFFSET.end));
  const bytes = new Uint32Array([OFFSET.end]);
  // Before 5.15 the descriptor is that of a perf event, of which there is no information.
  if (bpfObjectInfo(link.fd, view, bytes) < 0 || (bytes[0] ?? 0) < OFFSET.known) return undefined;
  const type = view.getUint32(OFFSET.type, true);
  if (type === LINK_TYPE.kprobe_multi) return view.getBigUint64(OFFSET.multiMissed, true);
  const isKprobe = type === LINK_TYPE.perf_event && KPROBE_EVENTS.includes(view.getUint32(OFFSET.perfEventType, true));
  return isKprobe ? view.getBigUint64(OFFSET.kprobeMissed, true) : undefined;
}

/**
 * Whether this kernel counts the runs of programs at tracepoints that it leaves out because another program runs on the CPU: since Linux 6.7
 * (dd8657894c11 "bpf: Count missed stats in trace_call_bpf"), with which links learned to say what kprobes miss.
 */
export function countsMissedRuns(link: BpfLink): boolean {
  const view = new DataView(new ArrayBuffer(OFFSET.end));
  const bytes = new Uint32Array([OFFSET.end]);
  return bpfObjectInfo(link.fd, view, bytes) >= 0 && (bytes[0] ?? 0) >= OFFSET.known;
}
