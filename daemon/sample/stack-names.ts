import { STACK_LOST, STACK_NONE, STACKS } from "../../bpf/compile/object-spec.ts";
import { hex, type Symbols, type UserAddress } from "../../bpf/kernel/symbols/symbols.ts";

/** The frames of stacks by their ids, innermost first, as `function+0x1f`. Empty for no stack. */
export interface StackNames {
  /**
   * Returns the frames as known now. Later calls return the same frames: a stack is part of a key,
   * which must not change.
   */
  readonly frames: (id: bigint) => readonly string[];
  /**
   * Starts the lookup of a stack's functions. Returns true if the lookup is complete or has timed
   * out.
   */
  readonly isNamed: (id: bigint) => boolean;
  /** Resolves when no stack is being looked up. */
  readonly settled: () => Promise<void>;
}

/** The only frame of a stack whose frames are no longer available. */
const LOST = ["[lost]"];

/**
 * The most remembered stacks. A stack is named once, while its process most likely runs, and keeps
 * its name as a label.
 */
const REMEMBERED = 10_000;
/**
 * The longest delay for the names of a stack. After that the stack always has its addresses
 * instead.
 */
const WAIT_MS = 2_000;
/** The most lookups at once. Further stacks have their addresses. */
const MOST_LOOKED_FOR = 512;

/** A stack whose user-space functions are being looked up. */
interface PendingStack {
  readonly addresses: readonly string[];
  readonly untilMs: number;
}

/**
 * @param read returns the entry of a stack's id in the rule's map `stacks` (layout: `STACKS`)
 * @param nowMs a clock whose zero does not matter
 */
export function stackNames(
  read: (id: bigint) => Uint8Array | undefined,
  symbols: Symbols,
  nowMs: () => number,
): StackNames {
  const known = new Map<bigint, readonly string[]>();
  const lookedFor = new Map<bigint, PendingStack>();
  const working = new Set<Promise<void>>();

  const remember = (id: bigint, lines: readonly string[]): readonly string[] => {
    lookedFor.delete(id);
    known.delete(id);
    known.set(id, lines);
    if (known.size > REMEMBERED) known.delete(known.keys().next().value ?? id);
    return lines;
  };
  const nameOne = async (id: bigint, ...asked: Parameters<Symbols["user"]>): Promise<void> => {
    // An error of ours while reading names must not stop anything: the stack then has its
    // addresses.
    const lines = await symbols.user(...asked).catch(() => undefined);
    const waiting = lookedFor.get(id);
    if (waiting !== undefined) remember(id, lines ?? waiting.addresses);
  };
  const lookFor = (id: bigint, { addresses, process }: UserStack): void => {
    lookedFor.set(id, { addresses: addresses.map(({ address }) => hex(address)), untilMs: nowMs() + WAIT_MS });
    const done = nameOne(id, process, addresses).finally(() => working.delete(done));
    working.add(done);
  };
  /** Returns undefined if the stack is pending or lost. */
  const settle = (id: bigint): readonly string[] | undefined => {
    const before = known.get(id);
    if (before !== undefined) return remember(id, before);
    if (lookedFor.has(id)) return undefined;
    const entry = read(id);
    const stack = entry === undefined ? undefined : readStack(entry);
    if (stack === undefined) return undefined;
    if (stack.process === undefined) return remember(id, kernelLines(stack, symbols));
    if (lookedFor.size >= MOST_LOOKED_FOR)
      return remember(
        id,
        stack.addresses.map(({ address }) => hex(address)),
      );
    lookFor(id, { ...stack, process: stack.process });
    return undefined;
  };
  return {
    frames(id) {
      if (id === STACK_NONE) return [];
      if (id === STACK_LOST) return LOST;
      const found = settle(id);
      if (found !== undefined) return found;
      const waiting = lookedFor.get(id);
      // A lost stack can be found later: the map stores a stack again when it recurs.
      return waiting === undefined ? LOST : remember(id, waiting.addresses);
    },
    isNamed(id) {
      if (id === STACK_NONE || id === STACK_LOST || settle(id) !== undefined) return true;
      const waiting = lookedFor.get(id);
      return waiting === undefined || nowMs() >= waiting.untilMs;
    },
    async settled() {
      while (working.size > 0) await Promise.all(working);
    },
  };
}

interface Stack {
  readonly addresses: readonly UserAddress[];
  /** absent for a kernel stack */
  readonly process?: UserStack["process"];
}

interface UserStack {
  readonly addresses: readonly UserAddress[];
  readonly process: { readonly pid: number; readonly startNs: bigint };
}

function readStack(entry: Uint8Array): Stack {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  const pid = view.getUint32(STACKS.pidOffset, true);
  const bytes = Math.min(view.getUint32(STACKS.frameBytesOffset, true), entry.length - STACKS.framesOffset);
  const addresses = Array.from({ length: Math.floor(bytes / 8) }, (_, index): UserAddress => ({
    address: view.getBigUint64(STACKS.framesOffset + 8 * index, true),
    kind: index === 0 ? "exact" : "return",
  }));
  return pid === 0
    ? { addresses }
    : { addresses, process: { pid, startNs: view.getBigUint64(STACKS.startOffset, true) } };
}

function kernelLines({ addresses }: Stack, symbols: Symbols): readonly string[] {
  return withoutTracing(addresses.map(({ address, kind }) => symbols.kernel(address, kind)));
}

/** Frames of the probe itself: the BPF program and its callers in the kernel. */
const TRACING = /^(bpf_prog_|bpf_trampoline_|bpf_trace_run\d|__bpf_trace_|trace_call_bpf\+)/;

function withoutTracing(frames: readonly string[]): readonly string[] {
  const first = frames.findIndex((frame) => !TRACING.test(frame));
  return frames.slice(Math.max(0, first));
}
