import { lowerUnit, withFunctions, type ProgramUnit, type UnitContext } from "../compile-unit.ts";
import type { ProgramPart } from "../object-spec.ts";
import { PROBE_NAMES_MAP } from "../probe-names.ts";
import { ProgramTooLarge } from "../program-too-large.ts";
import { callsOf } from "./part-calls.ts";
import { canShareProgram } from "./places.ts";

/**
 * Compiles a program as a part of a fused one. Returns undefined if its place allows no other
 * programs, if it asks which point fired, or if it needs the room of the shared values.
 */
export function partOf(unit: ProgramUnit, context: UnitContext): ProgramPart | undefined {
  if (!unit.attach.every((point) => canShareProgram(point, context.kernel))) return undefined;
  try {
    const { machine, functions } = withFunctions(lowerUnit(unit, context, true));
    const asksForNames = machine.some(
      ({ instruction }) => instruction.kind === "map" && instruction.map === PROBE_NAMES_MAP,
    );
    if (asksForNames || machine.filter(({ instruction }) => instruction.kind === "exit").length !== 1) return undefined;
    const calls = callsOf(unit, context.kernel);
    return {
      machine,
      functions: functions.map(({ name, parameters, machine: code }) => ({ name, parameters, machine: code })),
      ...(calls !== undefined && { calls }),
    };
  } catch (error) {
    if (error instanceof ProgramTooLarge) return undefined;
    throw error;
  }
}
