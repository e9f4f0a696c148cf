import type { AttachPoint } from "../../bpf/check/checked-program.ts";
import type { BuiltRule } from "../run/build-rule.ts";
import type { RuleNote } from "./unseen-calls.ts";

/**
 * MAX_URETPROBE_DEPTH of include/linux/uprobes.h: prepare_uretprobe (kernel/events/uprobes.c) leaves the return of a deeper call alone, writes
 * that to the kernel's log, and counts nothing.
 */
const DEEPEST = 64;

export function missedReturns({ rule, checked }: BuiltRule): readonly RuleNote[] {
  const points = checked.programs.flatMap(({ attach }) => attach);
  if (!points.some(isReturn)) return [];
  const note = `a return is missed, and not counted as lost, where ${DEEPEST} calls whose returns are probed are under way in the thread, as in deep recursion`;
  return [{ rule: rule.name.text, note }];
}

const isReturn = (point: AttachPoint): boolean => point.kind === "uprobe" && point.returns;
