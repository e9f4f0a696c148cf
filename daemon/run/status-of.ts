import { tracepointAttaches } from "../../bpf/compile/attach-kinds.ts";
import type { LoadedObject } from "../../bpf/load/loaded-object.ts";
import type { RuleStatus } from "../api/rule-status.ts";
import type { DecidedReport } from "../api/status-report.ts";
import { judgedMeasures } from "../evaluate/formula/judged-quantity.ts";
import type { BuiltRule } from "./build-rule.ts";

/** The parts of a rule's status that change while it runs. */
export interface StatusNow extends Pick<
  RuleStatus,
  "path" | "confidence" | "decided" | "views" | "degraded" | "notFollowed" | "seriesLeftOut"
> {
  /** as in `RuleCost` */
  readonly cpu: number | undefined;
}

/** Returns the status of a rule for reports. */
export function statusOf({ rule, formulas }: BuiltRule, object: LoadedObject, status: StatusNow): RuleStatus {
  const { cpu, ...now } = status;
  const { spec, attached } = object;
  const { runCount, runTimeNs } = object.totals();
  const parts = {
    ...Object.fromEntries(formulas.levels.map((each) => [each.level, each])),
    clear: formulas.clear,
    when: formulas.when,
  };
  const words = Object.entries(parts).flatMap(([name, part]) => (part === undefined ? [] : [[name, part.words.text]]));
  const probes = new Set(attached.map(({ point }) => point));
  return {
    ...now,
    ...{ name: rule.name.text, rule },
    threshold: Object.fromEntries(words) as Readonly<Record<string, string>>,
    durations: formulas.values.flatMap(({ name, unit }) => (unit === "duration" ? [name] : [])),
    measures: judgedMeasures(formulas.judged),
    probes: [...probes],
    tracepoints: tracepointAttaches(spec.programs.flatMap(({ attach }) => attach)).filter(({ probe }) =>
      probes.has(probe),
    ),
    cost: {
      kernelBytes: spec.memoryBytes,
      ...(cpu !== undefined && { cpu }),
      ...(runCount > 0n && { runs: Number(runCount), runTimeNs: Number(runTimeNs) }),
    },
  };
}

/**
 * Returns when the alerts of a rule are decided now, or undefined without a threshold.
 *
 * @param trouble why a rule that was decided at once is not now
 */
export function decidedOf({ ahead }: BuiltRule, trouble: string | undefined): DecidedReport | undefined {
  if (ahead === undefined) return undefined;
  const because = ahead.kind === "at the tick" ? ahead.why : trouble;
  return because === undefined ? { when: "at once" } : { when: "at the tick", because };
}
