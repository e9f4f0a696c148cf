import type { Span } from "../source/source.ts";
import { binary, constant } from "./constant-fold.ts";
import { currentTask, walk } from "./current-task.ts";
import { STACK_FRAMES } from "./limits.ts";
import type { Scope } from "./scope.ts";
import { scalarTerm, type ScalarTerm } from "./term.ts";
import type { Scalar, StackProcess, StackScalar } from "./typed-expression.ts";

/*
 * Returns the kernel call stack. In a key, a record or a kept value a stack is 64 bits. The frames
 * themselves would take up to 1 KiB: more than a key may have before 5.14, and each thread's span
 * would carry them.
 */

export function kernelStack(scope: Scope, span: Span, frames = STACK_FRAMES): ScalarTerm {
  return stackTerm("kernel", { op: "stack", frames }, scope, span);
}

export function userStack(scope: Scope, span: Span, frames = STACK_FRAMES): ScalarTerm {
  return stackTerm("user", { op: "stack", frames, process: currentProcess(scope) }, scope, span);
}

/**
 * Returns one address of the running process, with the process: the process is needed to name the
 * address, and may have ended by then.
 */
export function userSymbol(frame: Scalar, scope: Scope, span: Span): ScalarTerm {
  return stackTerm("user", { op: "stack", frames: 1, frame, process: currentProcess(scope) }, scope, span);
}

function stackTerm(space: "kernel" | "user", stack: StackScalar, scope: Scope, span: Span): ScalarTerm {
  return scalarTerm({ kind: "stack", space }, scope.share(stack, span));
}

function currentProcess(scope: Scope): StackProcess {
  const pid = binary(">>", false, { op: "helper", helper: "pid_tgid" }, constant(32n));
  return { pid, startNs: fieldOf("group_leader.start_boottime", scope), execs: fieldOf("self_exec_id", scope) };
}

function fieldOf(path: string, scope: Scope): Scalar {
  const term = currentTask(scope) && walk(scope, path);
  return term?.form === "scalar" && term.type.kind === "integer" ? term.scalar : constant(0n);
}
