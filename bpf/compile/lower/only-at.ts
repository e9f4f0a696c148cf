import type { Step } from "../../check/checked-program.ts";
import { R1, alu, immediate, jump, load, mapValue, move } from "../instruction.ts";
import type { Register } from "../instruction.ts";
import { SYSCALLS_MAP } from "../maps.ts";
import { probeNameTable } from "../probe-names.ts";
import type { Lowering } from "./lowering.ts";
import { lowerScalar } from "./values.ts";

type OnlyAt = Extract<Step, { readonly do: "only-at" }>;

/** Up to this many numbers are compared one by one; more are looked up. */
const COMPARED = 4;

/** Ends the run at all system calls except those of the step. */
export function lowerOnlyAt(lowering: Lowering, step: OnlyAt): void {
  const { emitter, end } = lowering;
  const number = lowerScalar(lowering, step.number);
  const isNamed = step.points.some(({ names }) => names !== undefined);
  if (step.points.length > COMPARED || isNamed) lookUp(lowering, step, number);
  else compare(lowering, step, number);
  if (step.compat === undefined) return;
  emitter.comment("a 32-bit call");
  emitter.emit(jump(lowerScalar(lowering, step.compat), "!=", immediate(0), end));
}

function compare({ emitter, end }: Lowering, { points }: OnlyAt, number: Register): void {
  const numbers = points.map((point) => point.number);
  const last = numbers.at(-1) ?? 0;
  const known = emitter.label("known");
  for (const each of numbers.slice(0, -1)) emitter.emit(jump(number, "==", immediate(each), known));
  emitter.emit(jump(number, "!=", immediate(last), end));
  emitter.place(known);
}

/**
 * Looks the system call up in a table, which has one more than the index of the rule's point, or 0
 * for none.
 */
function lookUp(lowering: Lowering, { points }: OnlyAt, number: Register): void {
  const { cache, emitter, end, needs, program } = lowering;
  const named = probeNameTable(program).points;
  const table = new Uint16Array(Math.max(...points.map((point) => point.number)) + 1);
  for (const point of points) table[point.number] = Math.max(0, named.indexOf(point)) + 1;
  const at = needs.syscalls(table);
  const entry = emitter.register();
  emitter.emit(mapValue(entry, SYSCALLS_MAP, at));
  // in r1, from the bound to the use: see pointAtBucket
  emitter.emit(move(R1, number), jump(R1, ">", immediate(table.length - 1), end));
  emitter.emit(alu(R1, "<<", immediate(1)), alu(R1, "+", entry), load(2, entry, R1, 0));
  emitter.emit(jump(entry, "==", immediate(0), end));
  cache.get("attach_cookie", () => {
    const cookie = emitter.register();
    emitter.emit(move(cookie, entry), alu(cookie, "-", immediate(1)));
    return cookie;
  });
}
