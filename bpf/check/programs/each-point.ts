import type { Kernel } from "../../kernel/kernel.ts";
import type { Diagnostic } from "../../source/diagnostic.ts";
import type { CheckCode } from "../codes.ts";
import { createReporter, type Reporter } from "../reporter.ts";
import type { Point } from "./points.ts";

type Work<Result> = (point: Point, kernel: Kernel, reporter: Reporter) => Result;

/**
 * Checks something at each point, with the types of the point's probe. An error at several probes
 * of one pattern is reported once, with the names of these probes.
 */
export function atEachPoint<Result>(
  points: readonly Point[],
  kernel: Kernel,
  reporter: Reporter,
  work: Work<Result>,
): readonly Result[] {
  const groups = [...Map.groupBy(points, (point) => point.probe.pattern ?? point).values()];
  return groups.flatMap((group) =>
    group.length === 1
      ? group.map((point) => work(point, kernelAt(point, kernel), reporter))
      : atMatches(group, kernel, reporter, work),
  );
}

/**
 * Returns the kernel that a probe's expressions are checked with: for a function of a module it has
 * the module's types.
 */
export function kernelAt({ probe: { types } }: Point, kernel: Kernel): Kernel {
  return types === undefined ? kernel : { ...kernel, btf: types };
}

interface Found {
  readonly point: Point;
  readonly diagnostic: Diagnostic;
}

function atMatches<Result>(
  points: readonly Point[],
  kernel: Kernel,
  reporter: Reporter,
  work: Work<Result>,
): readonly Result[] {
  const found: Found[] = [];
  const results = points.map((point) => {
    const own = createReporter();
    const result = work(point, kernelAt(point, kernel), own);
    found.push(...own.diagnostics.map((diagnostic) => ({ point, diagnostic })));
    return result;
  });
  const groups = Map.groupBy(found, ({ diagnostic: { code, span } }) => `${code} ${span.start} ${span.end}`);
  for (const group of groups.values()) reportOnce(group, points.length, reporter);
  return results;
}

const NAMED = 3;

function reportOnce(group: readonly Found[], total: number, reporter: Reporter): void {
  const [first] = group;
  if (first === undefined) return;
  const { diagnostic, point } = first;
  const names = [...new Set(group.map(({ point: { probe } }) => probe.attach.names?.func ?? probe.spelled.text))];
  const pattern = point.probe.pattern?.text ?? point.probe.spelled.text;
  const message = diagnostic.message.replaceAll(`"${point.probe.spelled.text}"`, `"${pattern}"`);
  const shown = names.slice(0, NAMED).join(", ");
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  const where = names.length === total ? "" : ` at ${names.length} of its ${total} probes: ${shown}${more}`;
  const everywhere = group.every((each) => each.diagnostic.help === diagnostic.help) ? diagnostic.help : undefined;
  const help = where === "" ? everywhere : 'leave these probes out with "except: [PATTERN]"';
  const { severity, span } = diagnostic;
  const code = diagnostic.code as CheckCode;
  if (severity === "error") reporter.error(code, span, message + where, help);
  else reporter.warn(code, span, message + where, help);
}
