import { setTimeout } from "node:timers/promises";
import { mapBytes } from "../../../bpf/compile/memory-estimate.ts";
import type { MapType, ProgramSpec } from "../../../bpf/compile/object-spec.ts";
import { spellPoint } from "../../../bpf/load/attach-program.ts";
import { CostMeter } from "../../../bpf/load/cost-meter.ts";
import type { Checked } from "../../../bpf/source/diagnostic.ts";
import type { RuleSyntax } from "../../rules/rule-syntax.ts";
import { percentText } from "../../text/number-text.ts";
import { buildRule } from "../build-rule.ts";
import { loadRule } from "../load-rule.ts";
import { type CountingHost, countHits, type Hits } from "./bare-count.ts";

const COUNTED_MS = 5_000;
const MEASURED_MS = 2_000;
/** The time of a costly run, of a rule with a key and a record. */
const COSTLY_RUN_NS = 400;
/** A rule that might take more of a CPU is not tried. */
const MOST = 0.5;

export interface PlannedMap {
  readonly name: string;
  readonly type: MapType;
  readonly entries: number;
  readonly bytes: number;
}

export interface PlannedProgram {
  readonly name: string;
  readonly probes: readonly string[];
  readonly instructions: number;
  /** how often its probes fire on this host; absent if that cannot be counted */
  readonly hitsPerSecond?: number;
}

/** The needs of a rule on this host. */
export interface PlannedRule {
  readonly rule: string;
  /** kernel memory */
  readonly bytes: number;
  readonly maps: readonly PlannedMap[];
  readonly programs: readonly PlannedProgram[];
  /** the share of one CPU that its programs took while they were tried: 0.05 is 5 % */
  readonly cpu?: number;
  /** why they were not tried */
  readonly untried?: string;
}

export interface PlanHost extends CountingHost {
  readonly possibleCpus: number;
  readonly pageBytes: number;
}

/**
 * Plans a rule: compiles it, counts its probes for five seconds with programs that do nothing else,
 * and then runs its own programs for two seconds, if the count says that they cannot take much.
 * Nothing stays in the kernel.
 */
export async function planRule(rule: RuleSyntax, host: PlanHost): Promise<Checked<PlannedRule>> {
  const { result: built, diagnostics } = buildRule(rule, host.kernel);
  if (built === undefined) return { diagnostics };
  const { maps, programs, memoryBytes } = built.object;
  const probes = programs.map(({ attach }) => [...new Set(attach.map(spellPoint))]);
  const hits = await countHits(probes, host, COUNTED_MS);
  const tried = await tryRule(rule, host, hits);
  return {
    diagnostics: [...diagnostics, ...(tried.diagnostics ?? [])],
    result: {
      ...{ rule: rule.name.text, bytes: memoryBytes },
      maps: maps
        .filter(({ shared }) => shared === undefined)
        .map((map) => ({
          ...{ name: map.name, type: map.type, entries: map.maxEntries },
          bytes: mapBytes(map, host.possibleCpus, host.pageBytes),
        })),
      programs: programs.map((program, index) => planned(program, probes[index] ?? [], hits[index]?.hits)),
      ...(tried.cpu !== undefined && { cpu: tried.cpu }),
      ...(tried.untried !== undefined && { untried: tried.untried }),
    },
  };
}

function planned(
  { name, instructions }: ProgramSpec,
  probes: readonly string[],
  hitsPerSecond: number | undefined,
): PlannedProgram {
  return {
    ...{ name, probes, instructions: instructions.byteLength / 8 },
    ...(hitsPerSecond !== undefined && { hitsPerSecond }),
  };
}

type Tried = Partial<Pick<PlannedRule, "cpu" | "untried"> & Pick<Checked<unknown>, "diagnostics">>;

async function tryRule(rule: RuleSyntax, host: PlanHost, hits: readonly (Hits | undefined)[]): Promise<Tried> {
  if (hits.includes(undefined)) return { untried: "how often its probes fire cannot be counted" };
  const atMost = (hits.reduce((sum, each) => sum + (each?.runs ?? 0), 0) * COSTLY_RUN_NS) / 1e9;
  if (atMost > MOST) return { untried: `it could take up to ${percentText(atMost)} of a CPU` };
  const { result, diagnostics } = loadRule(rule, host);
  if (result === undefined) return { untried: "the kernel refused it", diagnostics };
  await using object = result.object;
  using meter = new CostMeter();
  const measured = { name: rule.name.text, object };
  meter.begin([measured], host.nowMs());
  await setTimeout(MEASURED_MS);
  const cpu = meter.end([measured], host.nowMs()).get(measured);
  return { ...(cpu !== undefined && { cpu }) };
}
