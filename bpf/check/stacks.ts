import type { Span } from "../source/source.ts";
import { binary, constant } from "./constant-fold.ts";
import { currentTask, walk } from "./current-task.ts";
import { STACK_FRAMES } from "./limits.ts";
import type { Scope } from "./scope.ts";
import { scalarTerm, type ScalarTerm } from "./term.ts";
import type { Scalar, StackProcess, StackScalar } from "./typed-expression.ts";

/*
 * A stack is 64 bits wherever it goes, in a key, a record or what a span keeps: the frames themselves would be up to 1 KiB, which
 * is more than a key may have before 5.14, and a span's slot would carry them for each thread.
 */

export function kernelStack(scope: Scope, span: Span, frames = STACK_FRAMES): ScalarTerm {
  return stackTerm("kernel", { op: "stack", frames }, scope, span);
}

export function userStack(scope: Scope, span: Span, frames = STACK_FRAMES): ScalarTerm {
  return stackTerm("user", { op: "stack", frames, process: currentProcess(scope) }, scope, span);
}

/** One address of the running process: the process is needed to name it, and may have ended by then. */
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
