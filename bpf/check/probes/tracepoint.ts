import { didYouMean } from "../../source/did-you-mean.ts";
import type { Kernel, TracepointFormat } from "../../kernel/kernel.ts";
import { syscallNamesOf } from "../names/names.ts";
import type { Term } from "../term.ts";
import { namePattern } from "./name-pattern.ts";
import { badSpelling, fault, found, type ProbeContext, type ProbeKind } from "./probe-kind.ts";
import { tracepointField } from "./tracepoint-field.ts";

/**
 * Static instrumentation points of the kernel. Their fields are read from their `format` in
 * tracefs.
 */
export const TRACEPOINT: ProbeKind = {
  name: "tracepoint",
  syntax: "tracepoint:CATEGORY:NAME",
  doc: "A static instrumentation point of the kernel, with the fields of its format as `args.NAME`.",
  resolve(spelled, rest, kernel) {
    const [category, name, ...more] = rest.split(":");
    if (category === undefined || name === undefined || name === "" || more.length > 0) {
      return badSpelling(TRACEPOINT, spelled);
    }
    const format = kernel.tracepoint(category, name);
    if (format === undefined) return missing(category, name, kernel);
    const attach = { kind: "tracepoint", category, name, id: format.id } as const;
    return found({ spelled, attach, context: contextOf(format, kernel), record: format.fields });
  },
  list(rest, kernel) {
    const [name = "*", category = "*", ...more] = rest.split(":").toReversed();
    if (more.length > 0) return [];
    const [isCategory, isName] = [namePattern(category), namePattern(name)];
    return kernel
      .tracepoints()
      .filter((tracepoint) => isName(tracepoint.name) && isCategory(tracepoint.category))
      .map((known) => `${known.category}:${known.name}`);
  },
};

function missing(category: string, name: string, kernel: Kernel): ReturnType<ProbeKind["resolve"]> {
  const all = kernel.tracepoints();
  const elsewhere = all.find((tracepoint) => tracepoint.name === name);
  const sameCategory = all.filter((tracepoint) => tracepoint.category === category).map((known) => known.name);
  const near = didYouMean(name, sameCategory)?.replace(/"(.*)"/, `"tracepoint:${category}:$1"`);
  const help =
    elsewhere === undefined
      ? (near ??
        didYouMean(
          `${category}:${name}`,
          all.map((known) => `${known.category}:${known.name}`),
        )?.replace('"', '"tracepoint:'))
      : `did you mean "tracepoint:${elsewhere.category}:${name}"?`;
  return fault("unknown-probe", `this kernel has no tracepoint "${category}:${name}"`, help);
}

function contextOf(format: TracepointFormat, kernel: Kernel): ProbeContext {
  const fields = new Map<string, Term | string>();
  for (const field of format.fields)
    fields.set(field.name, withNames(tracepointField(field, kernel.btf), format, field.name, kernel));
  // the arguments of a system call come from the process
  const atCall = format.category === "syscalls" || format.category === "raw_syscalls";
  return { fields, positional: [], integerSpace: "unknown", ...(atCall && { castSpace: "user" }) };
}

/** Adds the names of system calls: the kernel records only the number. */
function withNames(term: Term | string, format: TracepointFormat, field: string, kernel: Kernel): Term | string {
  if (format.category !== "raw_syscalls" || field !== "id") return term;
  if (typeof term === "string" || term.form !== "scalar" || term.type.kind !== "integer") return term;
  return { ...term, type: { ...term.type, meaning: { kind: "names", names: syscallNamesOf(kernel.architecture) } } };
}
