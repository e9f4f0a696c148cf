import type { Bytes } from "../../../check/typed-expression.ts";
import { R1, alu, immediate, jump, mapValue, move } from "../../instruction.ts";
import { PROBE_NAMES_MAP, probeNameTable } from "../../probe-names.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { copyMemory } from "../values/memory.ts";

/** Copies the name of the point that fired, which its cookie selects. */
export function writeProbeName(
  lowering: Lowering,
  { which, bytes }: Extract<Bytes, { readonly op: "probe-name" }>,
  place: MemoryPlace,
): void {
  const { emitter } = lowering;
  const { offset, points, stride } = probeNameTable(lowering.program);
  const cookie = lowering.cache.get("attach_cookie", () => emitter.callFor("get_attach_cookie", lowering.context));
  const [names, from] = [emitter.register(), emitter.register()];
  emitter.emit(mapValue(names, PROBE_NAMES_MAP, offset[which]), move(R1, cookie));
  const known = emitter.label("known");
  // Every cookie is one of them. The verifier must be shown this, in r1 from the bound to the use
  // (see pointAtBucket).
  emitter.emit(jump(R1, "<", immediate(points.length), known), move(R1, immediate(0)));
  emitter.place(known);
  emitter.emit(alu(R1, "*", immediate(stride)), alu(R1, "+", names), move(from, R1));
  copyMemory(lowering, place, { base: from, offset: 0 }, bytes);
}
