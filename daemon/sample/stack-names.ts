import { STACK_LOST, STACK_NONE, STACKS } from "../../bpf/compile/object-spec.ts";
import type { Symbols } from "../../bpf/kernel/symbols/symbols.ts";

/** The frames of a stack by its id, innermost first, as `function+0x1f`; none for no stack. */
export type StackNames = (id: bigint) => readonly string[];

/** The one frame of a stack whose frames are not there, or not any more. */
const LOST = ["[lost]"];

/** Stacks that are remembered: a stack is named once, while its process most likely still runs, and keeps its name as a label. */
const REMEMBERED = 10_000;

/** @param read the entry of a stack's id in the rule's map `stacks` (layout: `STACKS`) */
export function stackNames(read: (id: bigint) => Uint8Array | undefined, symbols: Symbols): StackNames {
  const known = new Map<bigint, readonly string[]>();
  return (id) => {
    if (id === STACK_NONE) return [];
    if (id === STACK_LOST) return LOST;
    const before = known.get(id);
    const entry = before === undefined ? read(id) : undefined;
    const lines = before ?? (entry && linesOf(entry, symbols));
    // what is lost now can be found later: the map keeps a stack again when it comes again
    if (lines === undefined) return LOST;
    known.delete(id);
    known.set(id, lines);
    if (known.size > REMEMBERED) known.delete(known.keys().next().value ?? id);
    return lines;
  };
}

function linesOf(entry: Uint8Array, symbols: Symbols): readonly string[] {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  const pid = view.getUint32(STACKS.pidOffset, true);
  const bytes = Math.min(view.getUint32(STACKS.frameBytesOffset, true), entry.length - STACKS.framesOffset);
  const addresses = Array.from({ length: Math.floor(bytes / 8) }, (_, index) =>
    view.getBigUint64(STACKS.framesOffset + 8 * index, true),
  );
  const process = { pid, startNs: view.getBigUint64(STACKS.startOffset, true) };
  const nameOf: Symbols["kernel"] = pid === 0 ? symbols.kernel : (...at) => symbols.user(process, ...at);
  return withoutTracing(addresses.map((address, index) => nameOf(address, index === 0 ? "exact" : "return")));
}

/** What ran because the probe was hit: the program itself, and what the kernel calls it by. */
const TRACING = /^(bpf_prog_|bpf_trampoline_|bpf_trace_run\d|__bpf_trace_|trace_call_bpf\+)/;

function withoutTracing(frames: readonly string[]): readonly string[] {
  const first = frames.findIndex((frame) => !TRACING.test(frame));
  return frames.slice(Math.max(0, first));
}
