import type { Bytes } from "../../check/typed-expression.ts";
import { alu, immediate, jump, mapValue, move } from "../instruction.ts";
import { PROBE_NAMES_MAP, probeNameTable } from "../probe-names.ts";
import type { Lowering, Place } from "./lowering.ts";
import { copyMemory } from "./memory.ts";

/** Copies the name of the point that fired, which its cookie says. */
export function writeProbeName(
  lowering: Lowering,
  { which, bytes }: Extract<Bytes, { readonly op: "probe-name" }>,
  place: Place,
): void {
  const { emitter } = lowering;
  const { offset, points, stride } = probeNameTable(lowering.program);
  const cookie = lowering.cache.get("attach_cookie", () => emitter.callFor("get_attach_cookie", lowering.context));
  const index = emitter.copy(cookie);
  const known = emitter.label("known");
  // every cookie is one of them: that, the verifier must be shown
  emitter.emit(jump(index, "<", immediate(points.length), known), move(index, immediate(0)));
  emitter.place(known);
  const from = emitter.register();
  emitter.emit(alu(index, "*", immediate(stride)), mapValue(from, PROBE_NAMES_MAP, offset[which]));
  emitter.emit(alu(from, "+", index));
  copyMemory(lowering, place, { base: from, offset: 0 }, bytes);
}
