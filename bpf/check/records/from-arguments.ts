import type { Kernel, TracepointField } from "../../kernel/kernel.ts";
import { resolve } from "../../kernel/btf/resolve.ts";
import { parseExpression, wholeText } from "../../language/parse-expression.ts";
import { checkExpression } from "../expressions/check-expression.ts";
import type { ResolvedProbe } from "../probes/probe-kind.ts";
import { RAWTRACEPOINT } from "../probes/rawtracepoint.ts";
import { createReporter } from "../reporter.ts";
import type { Scope } from "../scope.ts";
import { literalTerm, scalarTerm, type Term, U64 } from "../term.ts";
import { asArray } from "./as-array.ts";
import { asField } from "./as-field.ts";
import { expressionOf } from "./record-fields.ts";

/**
 * Returns a tracepoint that is read from its arguments. Returns the reason, in words, if the
 * kernel's BTF does not describe the arguments, or if there is no expression for a field that the
 * rule reads.
 * @param read fields that the rule reads
 * @param uses how it reads them, as `fieldsRead` returns it
 */
export function fromArguments(
  probe: ResolvedProbe,
  read: readonly TracepointField[],
  kernel: Kernel,
  uses: ReadonlySet<string>,
): ResolvedProbe | string {
  const { attach, pattern, spelled } = probe;
  if (attach.kind !== "tracepoint") return "it is not a tracepoint";
  const { category, name, names } = attach;
  const resolution = RAWTRACEPOINT.resolve(spelled, name, kernel, false);
  const [raw] = "probes" in resolution ? resolution.probes : [];
  if (raw?.attach.kind !== "rawtracepoint") return "this kernel's types do not describe its arguments";
  const fields = new Map(probe.context.fields);
  for (const field of read) {
    const term = fieldTerm(`${category}:${name}`, field, fields.get(field.name), raw, kernel, uses);
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
  uses: ReadonlySet<string>,
): Term | undefined {
  const made = expressionOf(tracepoint, name);
  if (made === undefined || typeof recorded !== "object") return undefined;
  const valueOf = (text: string): Term | undefined => {
    const { result } = parseExpression(wholeText({ path: tracepoint, text }));
    const reporter = createReporter();
    const value = result && checkExpression(result, scopeAt(raw, kernel, reporter, roomOf(recorded)));
    return reporter.diagnostics.length > 0 ? undefined : value;
  };
  if (recorded.form === "context-array") return asArray(recorded, made, (use) => uses.has(`${name}${use}`), valueOf);
  const value = typeof made === "string" ? valueOf(made) : undefined;
  return value && asField(recorded, value, kernel.btf);
}

/**
 * The helper for tracing programs, since 5.12 (c5dbb89fc2ac "bpf: Expose bpf_get_socket_cookie to
 * tracing programs").
 */
const SOCKET_COOKIE = "bpf_get_socket_ptr_cookie";

/**
 * Returns a scope with the arguments by the name of the struct that they point to (`task_struct`,
 * the second one `task_struct_2`), and by `arg0`, `arg1` …: their own names differ between kernels.
 */
function scopeAt(probe: ResolvedProbe, kernel: Kernel, reporter: Scope["reporter"], fieldBytes: number): Scope {
  const named = new Map<string, Term>([["field_bytes", literalTerm(BigInt(fieldBytes))]]);
  for (const term of probe.context.positional) {
    const name = typeof term === "object" ? pointedAt(term, kernel) : undefined;
    if (name !== undefined && typeof term === "object") named.set(named.has(name) ? `${name}_2` : name, term);
  }
  const socket = named.get("sock");
  if (socket?.form === "scalar" && kernel.btf.find("function", SOCKET_COOKIE) !== undefined)
    named.set("socket_cookie", scalarTerm(U64, { op: "socket-cookie", operand: socket.scalar }));
  return {
    kernel,
    probe,
    reporter,
    bound: (name) => named.get(name),
    boundNames: () => named.keys(),
    share: (value) => value,
  };
}

const roomOf = (field: Term): number => (field.form === "bytes" ? field.bytes.bytes : 0);

function pointedAt(term: Term, { btf }: Kernel): string | undefined {
  if (term.form !== "scalar" || term.type.kind !== "pointer") return undefined;
  const { type } = resolve(btf, term.type.to);
  return type.kind === "struct" ? type.name : undefined;
}
