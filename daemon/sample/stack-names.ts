import { STACK_LOST, STACK_NONE, STACKS } from "../../bpf/compile/object-spec.ts";
import { hex, type Symbols, type UserAddress } from "../../bpf/kernel/symbols/symbols.ts";

/** The frames of stacks by their ids, innermost first, as `function+0x1f`; none for no stack. */
export interface StackNames {
  /** The frames as they are known now. What was given once is given always: a stack is part of a key, which must stay the same one. */
  readonly frames: (id: bigint) => readonly string[];
  /** Has a stack's functions looked for. Gives whether all is known of it that will be, or it has been waited for long enough. */
  readonly isNamed: (id: bigint) => boolean;
  /** Resolves when no stack is being looked for. */
  readonly settled: () => Promise<void>;
}

/** The one frame of a stack whose frames are not there, or not any more. */
const LOST = ["[lost]"];

/** Stacks that are remembered: a stack is named once, while its process most likely still runs, and keeps its name as a label. */
const REMEMBERED = 10_000;
/** How long what has a stack is held back for its names. After that the stack is shown by its addresses, for good. */
const WAIT_MS = 2_000;
/** Stacks that are looked for at once: of more the addresses are shown. */
const MOST_LOOKED_FOR = 512;

/** Where the functions of a user's process are looked for. */
interface LookedFor {
  readonly addresses: readonly string[];
  readonly untilMs: number;
}

/**
 * @param read the entry of a stack's id in the rule's map `stacks` (layout: `STACKS`)
 * @param nowMs a clock whose zero does not matter
 */
export function stackNames(
  read: (id: bigint) => Uint8Array | undefined,
  symbols: Symbols,
  nowMs: () => number,
): StackNames {
  const known = new Map<bigint, readonly string[]>();
  const lookedFor = new Map<bigint, LookedFor>();
  const working = new Set<Promise<void>>();

  const remember = (id: bigint, lines: readonly string[]): readonly string[] => {
    lookedFor.delete(id);
    known.delete(id);
    known.set(id, lines);
    if (known.size > REMEMBERED) known.delete(known.keys().next().value ?? id);
    return lines;
  };
  const nameOne = async (id: bigint, ...asked: Parameters<Symbols["user"]>): Promise<void> => {
    // A fault of ours in reading names must end nothing: the stack is shown by its addresses.
    const lines = await symbols.user(...asked).catch(() => undefined);
    const waiting = lookedFor.get(id);
    if (waiting !== undefined) remember(id, lines ?? waiting.addresses);
  };
  const lookFor = (id: bigint, { addresses, process }: UserStack): void => {
    lookedFor.set(id, { addresses: addresses.map(({ address }) => hex(address)), untilMs: nowMs() + WAIT_MS });
    const done = nameOne(id, process, addresses).finally(() => working.delete(done));
    working.add(done);
  };
  /** Undefined where a stack has to be waited for, or is lost. */
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
      // What is lost now can be found later: the map keeps a stack again when it comes again.
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
  /** absent for a stack of the kernel */
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

/** What ran because the probe was hit: the program itself, and what the kernel calls it by. */
const TRACING = /^(bpf_prog_|bpf_trampoline_|bpf_trace_run\d|__bpf_trace_|trace_call_bpf\+)/;

function withoutTracing(frames: readonly string[]): readonly string[] {
  const first = frames.findIndex((frame) => !TRACING.test(frame));
  return frames.slice(Math.max(0, first));
}
