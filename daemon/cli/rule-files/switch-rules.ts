import { formatDiagnostics } from "../../../bpf/source/format-diagnostic.ts";
import { wantsColor } from "../../service/wants-color.ts";
import { jsonLine } from "../../text/json-line.ts";
import { fail } from "../host-trouble.ts";
import { daemonNote } from "./daemon-note.ts";
import { applyChange, changeText } from "./file-change.ts";
import { findRule } from "./find-rule.ts";
import type { PlanSwitch, SwitchPlan } from "./plan-switch.ts";
import { rulePlaces, type RulePlaces, surveyPlaces } from "./rule-places.ts";
import { stateOf } from "./rule-state.ts";

export interface SwitchOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** A command that turns rules on or off. */
export interface Switch {
  readonly plan: PlanSwitch;
  /** returns true if a rule that has this state is as the command wants it */
  readonly isDone: (state: string) => boolean;
}

/**
 * Turns rules on or off, and prints what was changed. If one of them cannot be switched, nothing is
 * changed.
 */
export async function switchRules(names: readonly string[], options: SwitchOptions, way: Switch): Promise<void> {
  const places = rulePlaces(options.config);
  const survey = surveyPlaces(places);
  const faults = names.map((name) => way.plan(name, survey, places)).filter((plan) => typeof plan === "string");
  for (const fault of faults) fail(fault);
  if (faults.length > 0) return reportUnlisted(survey.diagnostics);
  const done: SwitchPlan[] = [];
  try {
    for (const name of new Set(names)) done.push(...switchOne(name, places, way));
  } finally {
    // What was changed before an error of the host must be reported too.
    await report(done, places, options);
  }
}

async function report(done: readonly SwitchPlan[], places: RulePlaces, options: SwitchOptions): Promise<void> {
  const note = done.some(({ change }) => change !== undefined) ? await daemonNote(places.folder) : undefined;
  print(done, note, options);
}

/** Plans again: rules of one file share a drop-in, which an earlier switch may have changed. */
function switchOne(name: string, places: RulePlaces, { plan, isDone }: Switch): readonly SwitchPlan[] {
  const planned = plan(name, surveyPlaces(places), places);
  if (typeof planned === "string") {
    fail(planned);
    return [];
  }
  if (planned.change === undefined) return [planned];
  applyChange(planned.change);
  const after = findRule(name, surveyPlaces(places));
  if (typeof after === "string") return [planned];
  const { state, note } = stateOf(after);
  if (!isDone(state)) fail(`${changeText(planned.change)}, but "${name}" is ${state}${note === "" ? "" : `: ${note}`}`);
  return [planned];
}

function print(done: readonly SwitchPlan[], note: string | undefined, { json }: SwitchOptions): void {
  if (json === true) {
    const rules = done.map(({ rule, change, note: why }) => ({
      ...{ rule, changed: change !== undefined },
      ...(change !== undefined && { action: change.kind, path: change.path }),
      ...(change !== undefined && "target" in change && { target: change.target }),
      ...(why !== undefined && { note: why }),
    }));
    return console.log(jsonLine({ rules, ...(note !== undefined && { note }) }));
  }
  for (const { change, note: why } of done) {
    const text = change === undefined ? why : [changeText(change), ...(why === undefined ? [] : [why])].join("; ");
    if (text !== undefined) console.log(text);
  }
  if (note !== undefined) console.log(note);
}

/** Reports folders that were not listed: the rule may be there. */
function reportUnlisted(diagnostics: Parameters<typeof formatDiagnostics>[0]): void {
  if (diagnostics.length > 0) console.error(formatDiagnostics(diagnostics, { color: wantsColor(process.stderr) }));
}
