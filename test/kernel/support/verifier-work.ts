import { loadBtf, type VerifierStatistics } from "libbpf-ts";
import { openGenerations } from "../../../bpf/load/generations.ts";
import { makeMap, measureProgram } from "../../../bpf/load/make-program.ts";
import { build } from "./loaded-rule.ts";

/** Returns the verifier's work for each program of a rule. Throws as loading does. */
export function verifierWork(text: string): readonly VerifierStatistics[] {
  const { object } = build(text, undefined, { keyLimit: 8, ringBytes: 4096 });
  using made = new DisposableStack();
  const generations = made.use(openGenerations());
  const btf = made.use(loadBtf(object.btf));
  const maps = new Map(
    object.maps.map((map) => [map.name, map.shared === undefined ? made.use(makeMap(map, btf)) : generations.control]),
  );
  const fdOf = (name: string): number => maps.get(name)?.fd ?? -1;
  return object.programs.map((program) => measureProgram(program, fdOf, btf));
}
