import type { Kernel } from "../../kernel/kernel.ts";
import { readField } from "../places.ts";
import { RAWTRACEPOINT } from "../probes/rawtracepoint.ts";
import type { ProgramDraft } from "./merge-programs.ts";
import type { OpenedSpan } from "./span-states.ts";

/**
 * Returns the program that counts spans of threads that ended inside one, killed or by exit(2):
 * nothing else would find their slot again. It runs when the kernel frees a thread
 * (delayed_put_task_struct in kernel/exit.c), which is after anything that could end a span.
 * Returns none if the kernel does not describe the tracepoint.
 */
export function abandoner({ id, name, syntax }: OpenedSpan, kernel: Kernel): readonly ProgramDraft[] {
  if (syntax.match !== undefined) return [];
  const { span } = syntax;
  const spelled = { text: "rawtracepoint:sched_process_free", span };
  const resolution = RAWTRACEPOINT.resolve(spelled, "sched_process_free", kernel, false);
  const [probe] = "probes" in resolution ? resolution.probes : [];
  const task = probe?.context.positional[0];
  const thread = typeof task === "object" ? readField(kernel.btf, task, "pid") : undefined;
  if (probe === undefined || typeof task !== "object" || task.form !== "scalar" || thread?.form !== "scalar") return [];
  const step = { do: "span-abandon", state: id, task: task.scalar, thread: thread.scalar, span } as const;
  return [{ name: `${name}_gone`, attach: probe.attach, steps: [step], span }];
}
