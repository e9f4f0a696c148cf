import { readdirSync, readFileSync } from "node:fs";
import { adoptMap } from "libbpf-ts";
import { SCRATCH_BUSY, SCRATCH_MAP } from "../../../bpf/compile/maps.ts";
import type { LoadedRule } from "./loaded-rule.ts";

/**
 * Takes entries of a rule's `scratch` on all CPUs, those behind the first `free`, as programs do
 * that were interrupted within them.
 */
export function takeScratch({ built }: LoadedRule, free: number): void {
  const spec = built.object.maps.find(({ name }) => name === SCRATCH_MAP);
  if (spec === undefined) throw new Error("the rule has no scratch");
  // never closed: the descriptor is the rule's
  const map = adoptMap(descriptorOf(spec), { ...spec, type: "percpu_array" });
  const busy = new Uint8Array(map.userValueBytes);
  for (let at = SCRATCH_BUSY; at < busy.length; at += Math.ceil(spec.valueBytes / 8) * 8) busy[at] = 1;
  for (let entry = free; entry < spec.maxEntries; entry++) map.update(new Uint8Array([entry, 0, 0, 0]), busy);
}

/** This process's descriptor of a map that no other is like. */
function descriptorOf({
  maxEntries,
  valueBytes,
}: {
  readonly maxEntries: number;
  readonly valueBytes: number;
}): number {
  const folder = "/proc/self/fdinfo";
  const found = readdirSync(folder).filter((fd) => {
    const text = infoOf(`${folder}/${fd}`);
    return (
      text.includes(`value_size:\t${String(valueBytes)}\n`) && text.includes(`max_entries:\t${String(maxEntries)}\n`)
    );
  });
  if (found.length !== 1) throw new Error(`${String(found.length)} maps are like scratch`);
  return Number(found[0]);
}

function infoOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it was the folder's own
  }
}
