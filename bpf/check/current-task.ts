import { readField } from "./places.ts";
import type { Scope } from "./scope.ts";
import { scalarTerm, type Term } from "./term.ts";

/**
 * Returns the `struct task_struct` of the running thread, or undefined if the kernel's BTF does not
 * describe it.
 */
export function currentTask({ kernel }: Pick<Scope, "kernel">): Term | undefined {
  const to = kernel.btf.find("struct", "task_struct");
  if (to === undefined) return undefined;
  const direct = kernel.has("current_task_btf");
  return scalarTerm({ kind: "pointer", to, space: "kernel", direct }, { op: "helper", helper: "task" });
}

/**
 * Returns the field at a path from the running thread, such as `real_parent.tgid`. Returns
 * undefined if the kernel does not have the field.
 */
export function walk(scope: Pick<Scope, "kernel">, path: string): Term | undefined {
  let term = currentTask(scope);
  for (const field of path.split(".")) term = term && readField(scope.kernel.btf, term, field);
  return term;
}
