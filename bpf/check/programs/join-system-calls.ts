import type { Kernel } from "../../kernel/kernel.ts";
import type { ProbeProgram, Step, SyscallPoint } from "../checked-program.ts";
import { isCompat, numberAt } from "../records/from-system-call.ts";

/** The most parts of one program, since a verifier processes only so many instructions. */
const MOST_PARTS = 16;

/**
 * Joins the programs of a rule at system calls into one, and those at their returns into another,
 * if they are attached to the tracepoint of all calls. So each call runs as few programs as
 * possible, and there are few links to close. Each part runs at its own calls only.
 */
export function joinSystemCalls(programs: readonly ProbeProgram[], kernel: Kernel): readonly ProbeProgram[] {
  const parts = programs.map((program) => onlyAtItsCalls(program, kernel));
  const rooms = Map.groupBy(parts, (program, index) => roomOf(program, index, parts));
  return [...rooms.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const steps = others.flatMap((other): readonly Step[] => [{ do: "next-part" }, ...other.steps]);
    const attach = [first, ...others].flatMap((program) => program.attach);
    return [{ ...first, attach, steps: endingRuns([...first.steps, ...steps]) }];
  });
}

/**
 * Marks the parts that are the last for their calls. So a verifier need not go from the end of each
 * part through all later parts.
 */
function endingRuns(steps: readonly Step[]): readonly Step[] {
  const later = new Set<number>();
  return steps
    .toReversed()
    .map((step): Step => {
      if (step.do !== "only-at") return step;
      const numbers = step.points.map(({ number }) => number);
      const isLast = !numbers.some((number) => later.has(number));
      for (const number of numbers) later.add(number);
      return isLast ? { ...step, lastFor: true } : step;
    })
    .toReversed();
}

/** Returns a text that is equal for the programs that are joined. */
function roomOf(program: ProbeProgram, index: number, all: readonly ProbeProgram[]): string {
  const [first] = program.attach;
  if (first?.kind !== "syscall") return `alone ${index}`;
  const isLike = ({ attach: [other] }: ProbeProgram): boolean =>
    other?.kind === "syscall" && other.returns === first.returns;
  const before = all.slice(0, index).filter(isLike).length;
  return `${first.returns ? "return" : "entry"} ${Math.floor(before / MOST_PARTS)}`;
}

function onlyAtItsCalls(program: ProbeProgram, kernel: Kernel): ProbeProgram {
  const points = program.attach.filter((point): point is SyscallPoint => point.kind === "syscall");
  const [first] = points;
  const number = first && numberAt(first.returns, kernel);
  if (first === undefined || number === undefined) return program;
  const compat = isCompat(kernel);
  const { span } = program;
  const only = (): Step => ({ do: "only-at", points, number, ...(compat !== undefined && { compat }), span });
  const steps = program.steps.flatMap((step) => (step.do === "next-part" ? [step, only()] : [step]));
  return { ...program, steps: [only(), ...steps] };
}
