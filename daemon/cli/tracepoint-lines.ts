import type { TracepointAttach } from "../../bpf/compile/attach-kinds.ts";
import { visible } from "../../bpf/source/visible.ts";

/** Up to this number, probes with the same attachment are listed; otherwise only the first is. */
const NAMED = 4;

const WORDS: Readonly<Record<TracepointAttach["attach"], string>> = {
  tp_btf: "raw tracepoint (tp_btf): fields of its record are computed from its arguments",
  perf: "perf tracepoint: the kernel skips it while other programs run on the CPU",
};

/**
 * Describes how the tracepoints of one rule are attached, and why, if that costs events. Equal ones
 * share a line.
 */
export function tracepointLines(tracepoints: readonly TracepointAttach[]): readonly string[] {
  const alike = Map.groupBy(tracepoints, ({ attach, because }) => `${attach} ${because ?? ""}`);
  return [...alike.values()].map((group) => lineOf(group));
}

function lineOf(group: readonly TracepointAttach[]): string {
  const [first] = group;
  if (first === undefined) return "";
  const why = first.because === undefined ? "" : `: ${first.because}`;
  return visible(`${namesOf(group)}: ${WORDS[first.attach]}${why}`);
}

function namesOf(group: readonly TracepointAttach[]): string {
  const names = group.map(({ probe }) => probe);
  if (names.length <= NAMED) return names.join(", ");
  return `${names[0] ?? ""} and ${names.length - 1} more`;
}
