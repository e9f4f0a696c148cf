import type { Kernel } from "../../kernel/kernel.ts";
import type { AttachPoint, ProbeProgram, Step, SyscallPoint } from "../checked-program.ts";
import { syscallNumber } from "../names/syscall-numbers.ts";
import { RAWTRACEPOINT } from "../probes/rawtracepoint.ts";
import { numberAt } from "../records/from-system-call.ts";
import type { Scalar } from "../typed-expression.ts";
import { stepsReadUserMemory } from "../user-memory.ts";

/**
 * System calls after which the memory or the thread is no longer the same: those that do not
 * return, those that return to another program, and those that change what a record says of the
 * caller.
 */
const CHANGING_CALLS =
  "execve execveat exit exit_group rt_sigreturn chdir fchdir chroot pivot_root prctl capset keyctl setgroups setns unshare";

/** Steps that can be done at the return instead, without an effect at the entry. */
const REPEATABLE: ReadonlySet<Step["do"]> = new Set(["filter", "bind", "matched", "emit"]);

/**
 * Moves records with unreadable memory of the process to the return of the system call. The kernel
 * has read that memory by then, so that it is in RAM. The arguments of the call are still in its
 * registers. A program that only makes a record becomes two. At the entry it leaves a mark for the
 * thread in place of such a record. At the return of a marked call it runs once more.
 */
export function deferUnreadable(programs: readonly ProbeProgram[], kernel: Kernel): readonly ProbeProgram[] {
  const returnId = idOfReturns(programs, kernel);
  const number = numberAt(true, kernel);
  if (returnId === undefined || number === undefined) return programs;
  let mark = 0;
  return programs.flatMap((program) => {
    if (!isDeferrable(program)) return [program];
    const [changing, others] = divided(program.attach.filter(isEntry), kernel);
    if (others.length === 0) return [program];
    const rest = changing.length === 0 ? [] : [{ ...program, attach: changing }];
    return [...rest, ...enteredAndLeft({ ...program, attach: others }, { mark: mark++, returnId, number })];
  });
}

const isEntry = (point: AttachPoint): point is SyscallPoint => point.kind === "syscall" && !point.returns;

function isDeferrable({ attach, steps }: ProbeProgram): boolean {
  const isSimple = attach.every(isEntry) && steps.every((step) => REPEATABLE.has(step.do));
  return isSimple && steps.some((step) => step.do === "emit") && stepsReadUserMemory(steps);
}

function divided(
  points: readonly SyscallPoint[],
  { architecture }: Kernel,
): readonly [changing: readonly SyscallPoint[], others: readonly SyscallPoint[]] {
  const numbers = new Set(CHANGING_CALLS.split(" ").map((name) => syscallNumber(name, architecture)));
  return [points.filter((point) => numbers.has(point.number)), points.filter((point) => !numbers.has(point.number))];
}

/** Returns the BTF id of the tracepoint of all returns, if a program needs it. */
function idOfReturns(programs: readonly ProbeProgram[], kernel: Kernel): number | undefined {
  const program = programs.find(isDeferrable);
  if (program === undefined) return undefined;
  const spelled = { text: "rawtracepoint:sys_exit", span: program.span };
  const resolution = RAWTRACEPOINT.resolve(spelled, "sys_exit", kernel, false);
  const [raw] = "probes" in resolution ? resolution.probes : [];
  return raw?.attach.kind === "rawtracepoint" ? raw.attach.btfId : undefined;
}

interface Return {
  readonly mark: number;
  readonly returnId: number;
  /** the number of the call, at its return */
  readonly number: Scalar;
}

function enteredAndLeft(program: ProbeProgram, { mark, returnId, number }: Return): readonly ProbeProgram[] {
  const { name, span } = program;
  const others = program.steps.filter((step) => step.do !== "matched");
  // after the record, because a run that is left to the return has not been matched yet
  const counted: readonly Step[] = program.steps.filter((step) => step.do === "matched");
  const entered = others.map((step): Step => (step.do === "emit" ? { ...step, defers: mark } : step));
  const left = [...others, ...counted].map((step) => atReturn(step, number));
  const attach = program.attach.filter(isEntry).map((point) => ({
    ...point,
    name: point.name.replace("sys_enter_", "sys_exit_"),
    returns: true,
    btfId: returnId,
  }));
  return [
    { ...program, steps: [...entered, ...counted] },
    { name: `${name}_late`, attach, steps: [{ do: "deferred", mark, span }, ...left], span },
  ];
}

/**
 * Replaces the second word of the context, which is the call's number at the entry and its result
 * at the return.
 */
function atReturn<Part>(part: Part, number: Scalar): Part {
  if (Array.isArray(part)) return part.map((each: unknown) => atReturn(each, number)) as Part;
  if (typeof part !== "object" || part === null || part instanceof Uint8Array || part instanceof Map) return part;
  if ("op" in part && part.op === "context" && "offset" in part && part.offset === 8) return number as Part;
  const parts = Object.entries(part).map(([name, each]: [string, unknown]) => [
    name,
    name === "span" ? each : atReturn(each, number),
  ]);
  return Object.fromEntries(parts) as Part;
}
