import { binary, logical } from "../constant-fold.ts";
import { walk } from "../current-task.ts";
import type { Scope } from "../scope.ts";
import { booleanTerm } from "../term.ts";
import type { Scalar } from "../typed-expression.ts";
import type { Builtin } from "./builtin.ts";

const READER: Scalar = { op: "reader-tgid" };

/**
 * Whether the running process is the one that reads what the programs count, or a child of it. A child is known by its parent from its
 * first moment on: a list of children would be late for what they do before it is written.
 */
export function isSelf(scope: Scope): Scalar {
  const parent = walk(scope, "real_parent.tgid");
  const own = binary("==", false, tgid(scope), READER);
  if (parent?.form !== "scalar") return own;
  return logical("or", own, binary("==", false, parent.scalar, READER));
}

/** From the thread itself, which the parent is read from too; where that takes a copy, a helper is cheaper. */
function tgid(scope: Scope): Scalar {
  const direct = scope.kernel.has("current_task_btf") ? walk(scope, "tgid") : undefined;
  if (direct?.form === "scalar") return direct.scalar;
  return binary(">>", false, { op: "helper", helper: "pid_tgid" }, { op: "constant", value: 32n });
}

/** The daemon among the processes of the host. */
export const SELF: readonly Builtin[] = [
  {
    name: "self",
    doc: "Whether the running process is the daemon, or one that it has started.",
    lower: (scope) => booleanTerm(isSelf(scope)),
  },
];
