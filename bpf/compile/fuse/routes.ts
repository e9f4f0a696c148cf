import { R1, alu, immediate, jump, load, mapValue, move } from "../instruction.ts";
import type { Instruction, Register } from "../instruction.ts";

/*
 * The routes of a fused program: for each number of a system call, which of its parts run and which
 * program is next. So a call that no rule is about runs no program but the one that is attached,
 * and a call that one rule is about runs only the parts of that rule. At places that are not system
 * calls there is one route. Each is
 *
 *   0   u64: a bit for each part that runs; the highest is set while parts are measured
 *   8   u32: the index of the next program in the chain, 0 for none
 *   12  u32: always 0; the verifier does not know that
 *
 * The program that is attached uses only the index.
 */
export const ROUTES_MAP = "routes";
export const ROUTE_BYTES = 16;
export const NEXT_OFFSET = 8;
export const ZERO_OFFSET = 12;
/** The parts of one program. One bit of 64 is for measuring. */
export const MOST_PARTS = 63;

/** Numbers of system calls that have a route of their own; all others share the last one. */
const NUMBERED = 512;
const ROUTE_SHIFT = 4;
const R2: Register = 2;
const R3: Register = 3;

/** The system calls at which a part can do something. */
export interface PartCalls {
  /** absent if it runs at all */
  readonly numbers?: readonly number[];
  /** of the number in struct pt_regs, at a return; at an entry the context has it */
  readonly registerOffset?: number;
}

/** Returns the number of routes at a place. */
export const routeCount = (calls: PartCalls | undefined): number => (calls === undefined ? 1 : NUMBERED + 1);

/** Returns the indexes of the routes on which a part runs, ascending. */
export function routesOf(calls: PartCalls | undefined): readonly number[] {
  if (calls?.numbers === undefined) return Array.from({ length: routeCount(calls) }, (_, index) => index);
  const indexes = calls.numbers.map((number) => (number >= 0 && number < NUMBERED ? number : NUMBERED));
  return [...new Set(indexes)].toSorted((left, right) => left - right);
}

/** Returns the instructions that find the route of an event: from the context in r1, into r2. */
export function findRoute(calls: PartCalls | undefined): readonly Instruction[] {
  if (calls === undefined) return [mapValue(R2, ROUTES_MAP, 0)];
  const numbered = "numbered";
  return [
    ...numberInto(R2, calls),
    jump(R2, "<", immediate(NUMBERED), numbered),
    move(R2, immediate(NUMBERED)),
    { kind: "label", label: numbered },
    alu(R2, "<<", immediate(ROUTE_SHIFT)),
    mapValue(R3, ROUTES_MAP, 0),
    alu(R3, "+", R2),
    move(R2, R3),
  ];
}

/** The second word of the context is the number at an entry; at a return the first has registers. */
const numberInto = (target: Register, { registerOffset }: PartCalls): readonly Instruction[] =>
  registerOffset === undefined
    ? [load(8, target, R1, 8), alu(target, "=", target, 32)]
    : [load(8, target, R1, 0), load(4, target, target, registerOffset)];
