import { constants } from "node:os";
import { BpfError, checked } from "./bpf-error.ts";
import { Descriptor } from "./descriptor.ts";
import { linkKprobeMulti } from "./kprobe-multi.ts";
import { bpfLinkCreate, bpfRawTracepointOpen, LINK_CREATE_OPTIONS, options } from "./libbpf.ts";
import {
  enableEvent,
  openPerfEvent,
  PERF_TYPE_TRACEPOINT,
  setProgram,
  type PerfEventAttributes,
} from "./perf-event.ts";
import { probePmu } from "./probe-pmu.ts";
import { ATTACH_TYPES } from "./program-type.ts";
import type { BpfProgram } from "./program.ts";
import { linkUprobeMulti, type UprobePlace } from "./uprobe-multi.ts";

interface LinkTargets {
  /** `id` is what the tracepoint's `id` file in tracefs says */
  readonly tracepoint: { readonly id: number };
  readonly raw_tracepoint: { readonly name: string };
  /** The tracepoint is the program's own: its attachBtfId. */
  readonly tp_btf: object;
  /** The function is the program's own: its attachBtfId and, in a module, its attachBtfFd. */
  readonly fentry: object;
  readonly fexit: object;
  /** The hook is the program's own: its attachBtfId, of `bpf_lsm_HOOK`. 5.7 */
  readonly lsm: object;
  /**
   * `symbol` is `MODULE:FUNCTION` for a function of a module; `offset` is that of an instruction in
   * it, 0 if absent
   */
  readonly kprobe: { readonly symbol: string; readonly offset?: number };
  readonly kretprobe: { readonly symbol: string };
  /**
   * The program is loaded for ATTACH_TYPES.trace_kprobe_multi; `cookies` has one for each symbol.
   * 5.18
   */
  readonly kprobe_multi: {
    readonly symbols: readonly string[];
    readonly returns: boolean;
    readonly cookies?: readonly bigint[];
  };
  /**
   * `fileOffset` is the instruction's offset in the file, not its address. A uprobe follows the
   * inode, not the path.
   */
  readonly uprobe: FunctionInFile;
  /** The program is loaded for ATTACH_TYPES.trace_uprobe_multi. 6.6 */
  readonly uprobe_multi: {
    readonly path: string;
    readonly places: readonly UprobePlace[];
    readonly returns: boolean;
  };
  readonly uretprobe: FunctionInFile;
}

interface FunctionInFile {
  readonly path: string;
  readonly fileOffset: number;
  /**
   * offset of a u16 in the file's data that the kernel increments in each process while the link
   * exists: a USDT semaphore
   */
  readonly semaphoreOffset?: number;
}

export type LinkKind = keyof LinkTargets;

/** The point where a program is attached, such as `{ kind: "tracepoint", id: 387 }`. */
export type LinkTarget<Kind extends LinkKind = LinkKind> = {
  [Each in Kind]: { readonly kind: Each } & LinkTargets[Each];
}[Kind];

export interface AttachOptions {
  /** what bpf_get_attach_cookie gives the program; tracepoints, kprobes and uprobes, 5.15 */
  readonly cookie?: bigint;
}

/**
 * An attached program. Closing detaches it, and waits until no CPU runs it for this link (RCU, tens
 * of milliseconds). `await using`, or `await link[Symbol.asyncDispose]()`, waits on another thread.
 */
export interface BpfLink extends Disposable, AsyncDisposable {
  /** Of the bpf_link, or of the perf event before 5.15. Throws where the link is closed. */
  readonly fd: number;
}

/** Throws BpfError. */
export function attach<Kind extends LinkKind>(
  program: BpfProgram,
  target: LinkTarget<Kind>,
  attachOptions: AttachOptions = {},
): BpfLink {
  return ATTACHERS[target.kind](program, target, attachOptions);
}

type Attacher<Kind extends LinkKind> = (
  program: BpfProgram,
  target: LinkTarget<Kind>,
  attachOptions: AttachOptions,
) => BpfLink;

/** A way to attach is one record here. */
const ATTACHERS: { readonly [Kind in LinkKind]: Attacher<Kind> } = {
  tracepoint: (program, { id }, { cookie }) =>
    attachPerfEvent(program, { type: PERF_TYPE_TRACEPOINT, config: BigInt(id) }, `tracepoint ${id}`, cookie),
  raw_tracepoint: (program, { name }) => openRawTracepoint(program, name),
  tp_btf: (program) => openRawTracepoint(program, null),
  fentry: (program) => openRawTracepoint(program, null),
  fexit: (program) => openRawTracepoint(program, null),
  lsm: (program) => openRawTracepoint(program, null),
  kprobe: (program, { offset, symbol }, { cookie }) => attachKprobe(program, symbol, offset ?? 0, false, cookie),
  kretprobe: (program, { symbol }, { cookie }) => attachKprobe(program, symbol, 0, true, cookie),
  kprobe_multi: (program, { cookies, returns, symbols }) => linkKprobeMulti(program.fd, symbols, returns, cookies),
  uprobe: attachUprobe,
  uprobe_multi: (program, { path, places, returns }) => linkUprobeMulti(program.fd, path, places, returns),
  uretprobe: attachUprobe,
};

function openRawTracepoint(program: BpfProgram, name: string | null): BpfLink {
  const subject = name === null ? `program "${program.name}"` : `raw tracepoint "${name}"`;
  return new Descriptor(checked("BPF_RAW_TRACEPOINT_OPEN", bpfRawTracepointOpen(name, program.fd), subject), subject);
}

function attachKprobe(
  program: BpfProgram,
  symbol: string,
  offset: number,
  returns: boolean,
  cookie: bigint | undefined,
): BpfLink {
  const { type, returnBit } = probePmu("kprobe");
  const attributes = { type, config: returns ? returnBit : 0n, path: symbol, config2: BigInt(offset) };
  return attachPerfEvent(program, attributes, `${returns ? "kretprobe" : "kprobe"} "${symbol}"`, cookie);
}

/**
 * PERF_UPROBE_REF_CTR_OFFSET_SHIFT of kernel/events/core.c, `config:32-63` in the PMU's format;
 * 4.20.
 */
const REF_CTR_SHIFT = 32n;

function attachUprobe(
  program: BpfProgram,
  { kind, path, fileOffset, semaphoreOffset = 0 }: LinkTarget<"uprobe" | "uretprobe">,
  { cookie }: AttachOptions,
): BpfLink {
  const { type, returnBit } = probePmu("uprobe");
  const config = (kind === "uretprobe" ? returnBit : 0n) | (BigInt(semaphoreOffset) << REF_CTR_SHIFT);
  const attributes = { type, config, path, config2: BigInt(fileOffset) };
  return attachPerfEvent(program, attributes, `${kind} "${path}" at 0x${fileOffset.toString(16)}`, cookie);
}

/**
 * Opens the event and links the program to it. The link holds the event, so only the link's
 * descriptor is kept. Before Linux 5.15 (b89fbfbb854c "bpf: Implement minimal BPF perf link") the
 * event holds the program instead.
 */
function attachPerfEvent(
  program: BpfProgram,
  attributes: PerfEventAttributes,
  subject: string,
  cookie: bigint | undefined,
): BpfLink {
  using opened = new DisposableStack();
  const event = opened.use(openPerfEvent(attributes, subject));
  const link = linkPerfEvent(program, event, cookie ?? 0n);
  if (link === undefined) {
    setProgram(event, program.fd);
    enableEvent(event);
    opened.move();
    return event;
  }
  opened.use(link);
  enableEvent(event);
  opened.move();
  event[Symbol.dispose]();
  return link;
}

/** Undefined where the kernel has no links for perf events: EINVAL for the attach type. */
export function linkPerfEvent(program: BpfProgram, event: Descriptor, cookie: bigint): Descriptor | undefined {
  const fields = options(LINK_CREATE_OPTIONS, { bpf_cookie: cookie });
  const fd = bpfLinkCreate(program.fd, event.fd, ATTACH_TYPES.perf_event, fields);
  if (fd >= 0) return new Descriptor(fd, event.subject);
  if (-fd === constants.errno.EINVAL && cookie === 0n) return undefined;
  throw new BpfError("BPF_LINK_CREATE", -fd, event.subject);
}
