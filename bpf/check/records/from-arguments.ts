import type { Kernel, TracepointField } from "../../kernel/kernel.ts";
import { resolve } from "../../kernel/btf/resolve.ts";
import { parseExpression, wholeText } from "../../language/parse-expression.ts";
import { checkExpression } from "../expressions/check-expression.ts";
import type { ResolvedProbe } from "../probes/probe-kind.ts";
import { RAWTRACEPOINT } from "../probes/rawtracepoint.ts";
import { createReporter } from "../reporter.ts";
import type { Scope } from "../scope.ts";
import type { Term } from "../term.ts";
import { asField } from "./as-field.ts";
import { expressionOf } from "./record-fields.ts";

/**
 * Returns a tracepoint that is read from its arguments. Returns the reason, in words, if the
 * kernel's BTF does not describe the arguments, or if there is no expression for a field that the
 * rule reads.
 * @param read fields that the rule reads
 */
export function fromArguments(
  probe: ResolvedProbe,
  read: readonly TracepointField[],
  kernel: Kernel,
): ResolvedProbe | string {
  const { attach, pattern, spelled } = probe;
  if (attach.kind !== "tracepoint") return "it is not a tracepoint";
  const { category, name, names } = attach;
  const resolution = RAWTRACEPOINT.resolve(spelled, name, kernel, false);
  const [raw] = "probes" in resolution ? resolution.probes : [];
  if (raw?.attach.kind !== "rawtracepoint") return "this kernel's types do not describe its arguments";
  const fields = new Map(probe.context.fields);
  for (const field of read) {
    const term = fieldTerm(`${category}:${name}`, field, fields.get(field.name), raw, kernel);
    if (term === undefined) return `"args.${field.name}" cannot be computed from its arguments`;
    fields.set(field.name, term);
  }
  return {
    spelled,
    attach: { ...raw.attach, category, ...(names !== undefined && { names }) },
    context: { ...probe.context, fields },
    ...(pattern !== undefined && { pattern }),
  };
}

function fieldTerm(
  tracepoint: string,
  { name }: TracepointField,
  recorded: Term | string | undefined,
  raw: ResolvedProbe,
  kernel: Kernel,
): Term | undefined {
  const text = expressionOf(tracepoint, name);
  if (text === undefined || typeof recorded !== "object") return undefined;
  const { result } = parseExpression(wholeText({ path: tracepoint, text }));
  const reporter = createReporter();
  const value = result && checkExpression(result, scopeAt(raw, kernel, reporter));
  if (value === undefined || reporter.diagnostics.length > 0) return undefined;
  return asField(recorded, value, kernel.btf);
}

/**
 * Returns a scope with the arguments by the name of the struct that they point to (`task_struct`,
 * the second one `task_struct_2`), and by `arg0`, `arg1` …: their own names differ between kernels.
 */
function scopeAt(probe: ResolvedProbe, kernel: Kernel, reporter: Scope["reporter"]): Scope {
  const named = new Map<string, Term>();
  for (const term of probe.context.positional) {
    const name = typeof term === "object" ? pointedAt(term, kernel) : undefined;
    if (name !== undefined && typeof term === "object") named.set(named.has(name) ? `${name}_2` : name, term);
  }
  return {
    kernel,
    probe,
    reporter,
    bound: (name) => named.get(name),
    boundNames: () => named.keys(),
    share: (value) => value,
  };
}

function pointedAt(term: Term, { btf }: Kernel): string | undefined {
  if (term.form !== "scalar" || term.type.kind !== "pointer") return undefined;
  const { type } = resolve(btf, term.type.to);
  return type.kind === "struct" ? type.name : undefined;
}
