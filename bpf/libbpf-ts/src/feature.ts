import { existsSync } from "node:fs";
import { constants } from "node:os";
import { BpfError } from "./bpf-error.ts";
import { linkKprobeMulti } from "./kprobe-multi.ts";
import { bpfLinkCreate, LINK_CREATE_OPTIONS, options } from "./libbpf.ts";
import { createMap } from "./map.ts";
import { pageBytes } from "./page.ts";
import { ATTACH_TYPES, type ProgramType } from "./program-type.ts";
import { loadProgram } from "./program.ts";
import { linkUprobeMulti } from "./uprobe-multi.ts";
import { VerifierError } from "./verifier-error.ts";

/**
 * The result of a try: true if the kernel has the feature. A probe that fails for another reason,
 * such as a missing capability, throws.
 */
type Probe = () => boolean;

/** The features, one record each: the commit that introduced it, and how to try it. */
const FEATURES = {
  /** 457f44363a88 "bpf: Implement BPF ring buffer", 5.8 */
  ring_buffer: () => makesRingBuffer(),
  /** a10787e6d58c "bpf: Enable task local storage for tracing programs", 5.13 */
  task_storage: () => hasHelper(HELPER.taskStorageGet),
  /** 3ca1032ab7ab "bpf: Implement get_current_task_btf", 5.11 */
  current_task_btf: () => hasHelper(HELPER.getCurrentTaskBtf),
  /**
   * 5ca419f2864a "bpf: Add BPF_FETCH field / create atomic_fetch_add" and the commits after it,
   * 5.12. The JIT of arm64 has them from 5.18 on, and another JIT may not learn all of them at
   * once. So each is tried: on the stack's first 8 bytes, with r1, and r0 to compare with.
   */
  atomic_fetch: () =>
    loads([
      store(-8),
      move(0, 0),
      move(1, 1),
      ...Object.values(ATOMIC).map((operator) => atomic(-8, operator)),
      ...EXIT,
    ]),
  /** b89fbfbb854c "bpf: Implement minimal BPF perf link", 5.15 */
  perf_link: () => linksPerfEvents(),
  /** 7adfc6c9b315 "bpf: Add bpf_get_attach_cookie() BPF helper to access bpf_cookie value", 5.15 */
  attach_cookie: () => hasHelper(HELPER.getAttachCookie, "kprobe"),
  /** e12f03d7031a "perf/core: Implement the 'perf_kprobe' PMU", 4.17, with CONFIG_KPROBE_EVENTS */
  kprobe: () => existsSync("/sys/bus/event_source/devices/kprobe/type"),
  /** 0dcac2725406 "bpf: Add multi kprobe link", 5.18, with CONFIG_FPROBE */
  kprobe_multi: () => linksManyKprobes(),
  /** 89ae89f53d20 "bpf: Add multi uprobe link", 6.6 */
  uprobe_multi: () => linksManyUprobes(),
  /** ec0e2da95f72 "bpf: Support new signed div/mod instructions", 6.6 */
  signed_division: () => loads([move(1, 1), divideSigned(1, 1), ...EXIT]),
} satisfies Record<string, Probe>;

export type Feature = keyof typeof FEATURES;

const known = new Map<Feature, boolean>();

/**
 * True if this kernel has a feature, found by trying and then remembered. Throws BpfError if the
 * answer cannot be known, for example without CAP_BPF.
 */
export function probeFeature(feature: Feature): boolean {
  const answer = known.get(feature) ?? FEATURES[feature]();
  known.set(feature, answer);
  return answer;
}

/** enum bpf_func_id (include/uapi/linux/bpf.h) */
const HELPER = { taskStorageGet: 156, getCurrentTaskBtf: 158, getAttachCookie: 174 } as const;

/** Opcodes of Documentation/bpf/standardization/instruction-set.rst, all for 64 bits. */
const OPCODE = { divide: 0x37, storeImmediate: 0x7a, call: 0x85, exit: 0x95, move: 0xb7, atomic: 0xdb } as const;
/** An atomic instruction's immediate. */
const ATOMIC = { fetchAdd: 0x01, exchange: 0xe1, compareExchange: 0xf1 } as const;
/** The offset of a division that makes it signed. */
const SIGNED = 1;
const FRAME_POINTER = 10;

/** opcode, registers (source << 4 | destination), offset, immediate */
type Instruction = readonly [number, number, number, number];

const store = (offset: number): Instruction => [OPCODE.storeImmediate, FRAME_POINTER, offset, 0];
const move = (register: number, value: number): Instruction => [OPCODE.move, register, 0, value];
const divideSigned = (register: number, by: number): Instruction => [OPCODE.divide, register, SIGNED, by];
/** with r1 as the source */
const atomic = (offset: number, operator: number): Instruction => [
  OPCODE.atomic,
  (1 << 4) | FRAME_POINTER,
  offset,
  operator,
];
const EXIT: readonly Instruction[] = [move(0, 0), [OPCODE.exit, 0, 0, 0]];

function loads(instructions: readonly Instruction[]): boolean {
  return verdict(() => load(instructions), isUnknownInstruction);
}

function hasHelper(helper: number, type: ProgramType = "raw_tracepoint"): boolean {
  return verdict(() => load([[OPCODE.call, 0, 0, helper], ...EXIT], type), isUnknownHelper);
}

function load(instructions: readonly Instruction[], type: ProgramType = "raw_tracepoint"): void {
  using _ = loadProgram({
    type,
    name: "probe",
    license: "GPL",
    instructions: encode(instructions),
  });
}

function encode(instructions: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(instructions.length * 8));
  for (const [index, [opcode, registers, offset, immediate]] of instructions.entries()) {
    view.setUint8(index * 8, opcode);
    view.setUint8(index * 8 + 1, registers);
    view.setInt16(index * 8 + 2, offset, true);
    view.setInt32(index * 8 + 4, immediate, true);
  }
  return new Uint8Array(view.buffer);
}

/**
 * Makes an attempt and returns whether the kernel has the feature.
 *
 * @param isAbsence true if an error of the attempt means that the kernel lacks the feature;
 * undefined if it says nothing about that
 */
function verdict(attempt: () => void, isAbsence: (error: BpfError) => boolean | undefined): boolean {
  try {
    attempt();
    return true;
  } catch (error) {
    const absent = error instanceof BpfError ? isAbsence(error) : undefined;
    if (absent === undefined) throw error;
    return !absent;
  }
}

/**
 * True if an error of loading means that the kernel lacks an instruction; undefined if it says
 * nothing about that. The verifier says `BPF_STX uses reserved fields`, `BPF_ALU uses reserved
 * fields` or `unknown opcode db`. If it knows the instruction and the JIT does not, a kernel
 * without an interpreter (CONFIG_BPF_JIT_ALWAYS_ON) gives ENOTSUPP.
 */
export function isUnknownInstruction(error: BpfError): boolean | undefined {
  return error instanceof VerifierError ? true : (absentWhere(error, "EINVAL") ?? absentWhere(error, "ENOTSUPP"));
}

/**
 * True if the helper is unknown. Otherwise the verifier knows it and rejects its arguments: the
 * probe sets none.
 */
function isUnknownHelper(error: BpfError): boolean | undefined {
  if (!(error instanceof VerifierError)) return absentWhere(error, "EINVAL");
  return /invalid func |unknown func |cannot use helper /.test(error.log);
}

function absentWhere(error: BpfError, code: string): true | undefined {
  return error.code === code ? true : undefined;
}

function makesRingBuffer(): boolean {
  return verdict(
    () => {
      using _ = createMap({ name: "probe", type: "ring_buffer", keyBytes: 0, valueBytes: 0, maxEntries: pageBytes() });
    },
    (error) => absentWhere(error, "EINVAL"),
  );
}

/** Tries a link with a bad descriptor of an event: the kernel checks the attach type first. */
function linksPerfEvents(): boolean {
  using program = loadProgram({ type: "tracepoint", name: "probe", license: "GPL", instructions: encode(EXIT) });
  const errno = -bpfLinkCreate(program.fd, -1, ATTACH_TYPES.perf_event, options(LINK_CREATE_OPTIONS, {}));
  if (errno === constants.errno.EBADF) return true;
  if (errno === constants.errno.EINVAL) return false;
  throw new BpfError("BPF_LINK_CREATE", errno, "feature perf_link");
}

/**
 * Tries a link: EINVAL if the attach type is unknown, EOPNOTSUPP (for Node ENOTSUP) without
 * CONFIG_FPROBE. Every kernel has the function.
 */
function linksManyKprobes(): boolean {
  return verdict(
    () => {
      using program = loadProgram({
        type: "kprobe",
        name: "probe",
        license: "GPL",
        instructions: encode(EXIT),
        expectedAttachType: ATTACH_TYPES.trace_kprobe_multi,
      });
      using _ = linkKprobeMulti(program.fd, ["vfs_statfs"], false);
    },
    (error) => absentWhere(error, "EINVAL") ?? absentWhere(error, "ENOTSUP"),
  );
}

/**
 * Tries a link to a file that does not exist: the kernel looks for the file only if it knows the
 * attach type.
 */
function linksManyUprobes(): boolean {
  using program = loadProgram({
    type: "kprobe",
    name: "probe",
    license: "GPL",
    instructions: encode(EXIT),
    expectedAttachType: ATTACH_TYPES.trace_uprobe_multi,
  });
  try {
    using _ = linkUprobeMulti(program.fd, "/proc/no/such/file", [{ fileOffset: 0 }], false);
    return true;
  } catch (error) {
    if (error instanceof BpfError && (error.code === "ENOENT" || error.code === "EINVAL"))
      return error.code === "ENOENT";
    throw error;
  }
}
