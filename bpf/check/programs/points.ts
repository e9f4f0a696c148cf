import type { Expression } from "../../language/expression.ts";
import type { AnySyntax, NamedExpression, PointSyntax, ProbeSyntax } from "../../language/program-syntax.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Span } from "../../source/source.ts";
import { resolveProbe } from "../probes/probe-kinds.ts";
import type { ProbeFault, ResolvedProbe } from "../probes/probe-kind.ts";
import { withoutRecord } from "../records/without-record.ts";
import { createReporter, type Reporter } from "../reporter.ts";

/**
 * A probe of this host, with the filters and `with:` values that apply to it. They come from the
 * entry of the probe and from the entries that enclose it.
 */
export interface Point {
  readonly probe: ResolvedProbe;
  readonly filters: readonly Expression[];
  readonly with: readonly NamedExpression[];
}

type Found =
  | { readonly points: readonly Point[]; readonly missing?: undefined }
  /** not on this host, so that an alternative may be used */
  | { readonly missing: readonly Missing[]; readonly points?: undefined }
  /** an error that has been reported */
  | { readonly points?: undefined; readonly missing?: undefined };

/** A probe that this host does not have, and why. */
interface Missing {
  readonly span: Span;
  readonly fault: ProbeFault;
}

/**
 * Finds the probes of this host for a `probe:`, at least one. If there is none, it reports so and
 * returns undefined. It does not take spans.
 * @param fields the fields of records that the rule reads
 */
export function findPoints(
  syntax: ProbeSyntax,
  fields: ReadonlySet<string>,
  kernel: Kernel,
  reporter: Reporter,
): readonly Point[] | undefined {
  const found = find(syntax, kernel, reporter);
  if (found.missing !== undefined) reportMissing(syntax, found.missing, reporter);
  return found.points?.map((point) => ({ ...point, probe: withoutRecord(point.probe, fields, kernel) }));
}

/**
 * Returns the first alternative that this host has, for a list of alternatives that contains a
 * span. The host has a span if it has both ends. If it has no alternative, an error is reported and
 * undefined is returned. A `probe:` that is not such a list is returned unchanged.
 */
export function chooseAlternative(syntax: ProbeSyntax, kernel: Kernel, reporter: Reporter): ProbeSyntax | undefined {
  const options = alternativesOf(syntax);
  if (!options.some(({ kind }) => kind === "span") || syntax.kind === "span") return syntax;
  const missing: Missing[] = [];
  for (const option of options) {
    const absent = missingProbes(option, kernel);
    if (absent.length === 0) return option;
    missing.push(...absent);
  }
  reportMissing(syntax, missing, reporter);
  return undefined;
}

function alternativesOf(syntax: ProbeSyntax): readonly ProbeSyntax[] {
  return syntax.kind === "alternatives" ? syntax.options.flatMap(alternativesOf) : [syntax];
}

/**
 * Returns the missing probes. A probe with another error is not among them: the error is reported
 * when the probe is checked.
 */
function missingProbes(syntax: ProbeSyntax, kernel: Kernel): readonly Missing[] {
  const ends = syntax.kind === "span" ? [syntax.from, syntax.to] : [syntax];
  return ends.flatMap((end) => find(end, kernel, createReporter()).missing ?? []);
}

function find(syntax: ProbeSyntax, kernel: Kernel, reporter: Reporter): Found {
  switch (syntax.kind) {
    case "point":
      return findPoint(syntax, kernel, reporter);
    case "alternatives":
      return findFirst(syntax.options, kernel, reporter);
    case "any":
      return findAll(syntax, kernel, reporter);
    case "span":
      reporter.error(
        "bad-probe",
        syntax.span,
        "expected a probe, found a span",
        "write {from:, to:} as the whole of probe:, or as one of its alternatives",
      );
      return {};
  }
}

function findPoint(syntax: PointSyntax, kernel: Kernel, reporter: Reporter): Found {
  const resolution = resolveProbe(syntax.point, kernel, syntax.except);
  if ("probes" in resolution) {
    const { leftOut } = resolution;
    if (leftOut !== undefined) reporter.warn("left-out", syntax.point.span, leftOut.message, leftOut.help);
    const filters = syntax.filter === undefined ? [] : [syntax.filter];
    return { points: resolution.probes.map((probe) => ({ probe, filters, with: syntax.with })) };
  }
  const { fault } = resolution;
  if (fault.code === "unknown-probe") return { missing: [{ span: syntax.point.span, fault }] };
  reporter.error(fault.code, syntax.point.span, fault.message, fault.help);
  return {};
}

function findFirst(options: readonly ProbeSyntax[], kernel: Kernel, reporter: Reporter): Found {
  const missing: Missing[] = [];
  for (const option of options) {
    const found = find(option, kernel, reporter);
    if (found.missing === undefined) return found;
    missing.push(...found.missing);
  }
  return { missing };
}

function findAll(syntax: AnySyntax, kernel: Kernel, reporter: Reporter): Found {
  const all = syntax.probes.map((probe) => find(probe, kernel, reporter));
  const points = all.flatMap((found) => found.points ?? []);
  if (points.length === 0) {
    return all.some((found) => found.missing === undefined)
      ? {}
      : { missing: all.flatMap((found) => found.missing ?? []) };
  }
  const filters = syntax.filter === undefined ? [] : [syntax.filter];
  return {
    points: points.map((point) => ({
      ...point,
      filters: [...point.filters, ...filters],
      with: [...point.with, ...syntax.with],
    })),
  };
}

function reportMissing(syntax: ProbeSyntax, missing: readonly Missing[], reporter: Reporter): void {
  const [first] = missing;
  if (syntax.kind === "point" && first !== undefined) {
    reporter.error("unknown-probe", first.span, first.fault.message, first.fault.help);
    return;
  }
  const span = syntax.kind === "point" ? syntax.point.span : syntax.span;
  const reasons = [...new Set(missing.map(({ fault }) => fault.message))].join("; ");
  const help = missing.map(({ fault }) => fault.help).find((text) => text !== undefined);
  reporter.error("no-probe-exists", span, `none of these probes exists on this host: ${reasons}`, help);
}
