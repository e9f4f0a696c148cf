import { structAt, readField, isCharacter, readElement } from "../../../bpf/check/places.ts";
import { resolveProbe } from "../../../bpf/check/probes/probe-kinds.ts";
import type { ResolvedProbe } from "../../../bpf/check/probes/probe-kind.ts";
import type { ScalarTerm, Term } from "../../../bpf/check/term.ts";
import { memberNames } from "../../../bpf/kernel/btf/find-member.ts";
import type { Kernel } from "../../../bpf/kernel/kernel.ts";
import type { Random } from "./random-rules-random.ts";

/**
 * The sort of an expression, as far as operators distinguish types. "narrow" goes with both signs:
 * an unsigned integer below 64 bits.
 */
export type Kind =
  "narrow" | "signed" | "unsigned" | "boolean" | "string" | "path" | "address" | "time" | "stack" | "bytes";

/** Names that a probe offers. */
export interface Names {
  readonly of: ReadonlyMap<Kind, readonly string[]>;
  /** what `.` can follow */
  readonly walkable: readonly Walkable[];
  /** pointers, for comparisons with 0 */
  readonly pointers: readonly string[];
}

export interface Walkable {
  readonly text: string;
  readonly term: Term;
}

const BUILTINS: readonly (readonly [Kind, string])[] = [
  ["narrow", "pid"],
  ["narrow", "tid"],
  ["narrow", "ppid"],
  ["narrow", "uid"],
  ["narrow", "gid"],
  ["narrow", "cpu"],
  ["narrow", "numa_node"],
  ["narrow", "loginuid"],
  ["narrow", "sessionid"],
  ["boolean", "self"],
  ["boolean", "compat"],
  ["unsigned", "cgroup"],
  ["unsigned", "unit"],
  ["unsigned", "container"],
  ["unsigned", "pod"],
  ["string", "comm"],
  ["string", "pcomm"],
  ["string", "tty"],
  ["string", "probe"],
  ["string", "func"],
  ["stack", "kstack"],
  ["stack", "ustack"],
  ["string", "cwd"],
  ["string", "exe"],
  ["string", "argv()"],
  ["string", "argv(3)"],
  ["string", "path(task.fs.root)"],
  ["path", "path(task.fs.pwd.dentry)"],
  ["path", "now"],
  ["path", "buf(task.comm, 16)"],
  ["path", "buf(task.comm, uid, 16)"],
];

export function resolved(probe: string, kernel: Kernel): ResolvedProbe | undefined {
  const resolution = resolveProbe(
    { text: probe, span: { source: { path: "random.yaml", text: probe }, start: 0, end: 0 } },
    kernel,
  );
  return "probes" in resolution ? resolution.probes[0] : undefined;
}

/** The names at a probe; `extra` are those that the rule has bound. */
export function namesAt(probe: ResolvedProbe, kernel: Kernel, extra: readonly (readonly [Kind, string])[]): Names {
  const { fields, positional, returned } = probe.context;
  const terms: (readonly [string, Term | string])[] = [
    ...[...fields].map(([name, term]) => [`args.${name}`, term] as const),
    ...positional.map((term, index) => [`arg${String(index)}`, term] as const),
    ...(returned === undefined ? [] : [["retval", returned] as const]),
  ];
  const to = kernel.btf.find("struct", "task_struct");
  if (to !== undefined) {
    const type = { kind: "pointer", to, space: "kernel", direct: true } as const;
    terms.push(["task", { form: "scalar", type, scalar: { op: "helper", helper: "task" }, literal: false }]);
  }
  const of = new Map<Kind, string[]>();
  const walkable: Walkable[] = [];
  const pointers: string[] = [];
  const add = (kind: Kind, text: string): unknown => of.get(kind)?.push(text) ?? of.set(kind, [text]);
  for (const [kind, text] of [...BUILTINS, ...extra]) add(kind, text);
  for (const [text, term] of terms) {
    if (typeof term === "string") continue;
    const known = classify(term, text, kernel);
    if (known !== undefined) add(known[0], known[1]);
    if (structAt(kernel.btf, term) !== undefined) walkable.push({ text, term });
    if (term.form === "scalar" && term.type.kind === "pointer") pointers.push(text);
  }
  return { of, walkable, pointers };
}

/** The kind of a term, and the text that gives a value of that kind. */
function classify(term: Term, text: string, kernel: Kernel): readonly [Kind, string] | undefined {
  switch (term.form) {
    case "bytes":
      if (term.type.kind === "address") return ["address", text];
      return ["string", text];
    case "context-array":
      if (term.elementBytes === 8) return undefined;
      return [term.elementSigned ? "signed" : "narrow", `${text}[${String(term.count - 1)}]`];
    case "place": {
      const element = readElement(kernel.btf, term, 0);
      return element === undefined ? undefined : classify(element, `${text}[0]`, kernel);
    }
    case "scalar":
      return classifyScalar(term.type, text, kernel);
    case "error":
      return undefined;
  }
}

function classifyScalar(type: ScalarTerm["type"], text: string, kernel: Kernel): readonly [Kind, string] | undefined {
  if (type.kind === "boolean") return ["boolean", text];
  if (type.kind === "pointer") return isCharacter(kernel.btf, type.to) ? ["string", `str(${text})`] : undefined;
  if (type.kind === "stack") return undefined;
  if (type.meaning.kind === "duration" || type.meaning.kind === "timestamp") return ["time", text];
  if (type.signed) return ["signed", text];
  return [type.bits === 64 ? "unsigned" : "narrow", text];
}

/**
 * A walk of up to `steps` fields from a place of `walkable`; undefined where it ends at nothing
 * that has a value.
 */
export function walk(random: Random, names: Names, steps: number, kernel: Kernel): readonly [Kind, string] | undefined {
  if (names.walkable.length === 0) return undefined;
  let { text, term } = random.pick(names.walkable);
  for (let step = 0; step < steps; step++) {
    const struct = structAt(kernel.btf, term);
    const fields = struct === undefined ? [] : [...memberNames(kernel.btf, struct.typeId)];
    if (fields.length === 0) break;
    const field = random.pick(fields);
    const next = readField(kernel.btf, term, field);
    if (next === undefined) return undefined;
    [text, term] = [`${text}.${field}`, next];
  }
  return classify(term, text, kernel);
}
