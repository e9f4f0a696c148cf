import type { ScalarHelper } from "../../../check/typed-expression.ts";
import { isShared, sharedResult } from "../../fuse/shared-frame.ts";
import type { HelperName } from "../../helper-function.ts";
import type { Register } from "../../instruction.ts";
import type { Lowering } from "../lowering.ts";

const HELPERS: Readonly<Record<ScalarHelper, HelperName>> = {
  pid_tgid: "get_current_pid_tgid",
  uid_gid: "get_current_uid_gid",
  boot_ns: "ktime_get_boot_ns",
  cpu: "get_smp_processor_id",
  numa_node: "get_numa_node_id",
  cgroup_id: "get_current_cgroup_id",
  task: "get_current_task",
};

/** Returns the result of a helper without arguments, which is called once in a run. */
export function helperResult(lowering: Lowering, helper: ScalarHelper): Register {
  const typedTask = helper === "task" && lowering.kernel.has("current_task_btf");
  const name = typedTask ? "get_current_task_btf" : HELPERS[helper];
  const { cache, emitter, isFused } = lowering;
  return cache.get(name, () => (isFused && isShared(name) ? sharedResult(emitter, name) : emitter.callFor(name)));
}
