import { binary, logical } from "../constant-fold.ts";
import { walk } from "../current-task.ts";
import type { Scope } from "../scope.ts";
import { booleanTerm } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import type { Builtin } from "./builtin.ts";

const READER: Scalar = { op: "reader-tgid" };

/**
 * Returns true if the running process is the one that reads the counters, or a child of it. A child
 * is recognized by its parent from its first moment: a list of children would miss the events
 * before the child is in the list.
 */
export function isSelf(scope: Scope): Scalar {
  const parent = walk(scope, "real_parent.tgid");
  const own = binary("==", false, tgid(scope), READER);
  if (parent?.form !== "scalar") return own;
  return logical("or", own, binary("==", false, parent.scalar, READER));
}

/**
 * Reads the process id from the thread itself, from which the parent is read too. If that needs a
 * copy, a helper is cheaper.
 */
function tgid(scope: Scope): Scalar {
  const direct = scope.kernel.has("current_task_btf") ? walk(scope, "tgid") : undefined;
  if (direct?.form === "scalar") return direct.scalar;
  return binary(">>", false, { op: "helper", helper: "pid_tgid" }, { op: "constant", value: 32n });
}

/** The daemon among the processes of the host. */
export const SELF: readonly Builtin[] = [
  {
    name: "self",
    doc: "True in the daemon, and in a process that it has started.",
    lower: (scope) => booleanTerm(isSelf(scope)),
  },
];
