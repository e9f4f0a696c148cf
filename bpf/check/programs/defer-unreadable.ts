import type { Kernel } from "../../kernel/kernel.ts";
import type { AttachPoint, ProbeProgram, Step, SyscallPoint } from "../checked-program.ts";
import { syscallNumber } from "../names/syscall-numbers.ts";
import { RAWTRACEPOINT } from "../probes/rawtracepoint.ts";
import { numberAt } from "../records/from-system-call.ts";
import type { Scalar } from "../typed-expression.ts";
import { stepsReadUserMemory } from "../user-memory.ts";
import { beforeExec, isExec, preparedExec, type PreparedExec } from "./deferred-exec.ts";
import { replaceScalars } from "./replace-scalars.ts";

/**
 * System calls after which the memory or the thread is no longer the same: those that do not
 * return, those that return to another program, and those that change what a record says of the
 * caller. Kernels that announce an exec are asked there: see deferred-exec.ts.
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
  const exec = preparedExec(kernel);
  let mark = 0;
  return programs.flatMap((program) => {
    if (!isDeferrable(program)) return [program];
    const { execs, changing, others } = divided(program.attach.filter(isEntry), kernel, exec);
    const rest = changing.length === 0 ? [] : [{ ...program, attach: changing }];
    const left = others.length === 0 ? [] : enteredAndLeft(program, others, { mark: mark++, returnId, number });
    const replaced = execs.flatMap((point): readonly ProbeProgram[] => {
      const of = { mark: mark++, returnId, number };
      const [entered, late] = enteredAndLeft(program, [point], of);
      return exec === undefined ? [] : [withoutMark(entered, of.mark), late, beforeExec(late, point, exec)];
    });
    return [...rest, ...left, ...replaced];
  });
}

const isEntry = (point: AttachPoint): point is SyscallPoint => point.kind === "syscall" && !point.returns;

function isDeferrable({ attach, steps }: ProbeProgram): boolean {
  const isSimple = attach.every(isEntry) && steps.every((step) => REPEATABLE.has(step.do));
  return isSimple && steps.some((step) => step.do === "emit") && stepsReadUserMemory(steps);
}

function divided(points: readonly SyscallPoint[], kernel: Kernel, exec: PreparedExec | undefined) {
  const numbers = new Set(CHANGING_CALLS.split(" ").map((name) => syscallNumber(name, kernel.architecture)));
  const execs = points.filter((point) => exec !== undefined && isExec(point, kernel));
  const [changing = [], others = []] = [true, false].map((changes) =>
    points.filter((point) => !execs.includes(point) && numbers.has(point.number) === changes),
  );
  return { execs, changing, others };
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

function enteredAndLeft(
  program: ProbeProgram,
  points: readonly SyscallPoint[],
  { mark, returnId, number }: Return,
): readonly [entered: ProbeProgram, late: ProbeProgram] {
  const { name, span } = program;
  const others = program.steps.filter((step) => step.do !== "matched");
  // after the record, because a run that is left to the return has not been matched yet
  const counted: readonly Step[] = program.steps.filter((step) => step.do === "matched");
  const entered = others.map((step): Step => (step.do === "emit" ? { ...step, defers: mark } : step));
  const left = replaceScalars([...others, ...counted], (value) => (isSecondWord(value) ? number : undefined));
  const attach = points.map((point) => ({
    ...point,
    name: point.name.replace("sys_enter_", "sys_exit_"),
    returns: true,
    btfId: returnId,
  }));
  return [
    { ...program, attach: points, steps: [...entered, ...counted] },
    { name: `${name}_late`, attach, steps: [{ do: "deferred", mark, span }, ...left], span },
  ];
}

function withoutMark(entered: ProbeProgram, mark: number): ProbeProgram {
  return { ...entered, steps: [{ do: "unmark", mark, span: entered.span }, ...entered.steps] };
}

/** The second word of the context is the call's number at the entry and its result at the return. */
const isSecondWord = (value: Scalar): boolean => value.op === "context" && value.offset === 8;
