import type { CheckedProgram } from "../check/checked-program.ts";
import type { Bytes } from "../check/typed-expression.ts";

/**
 * True if only the length of a string in a record can say that it was cut, or how long it is, since
 * its bytes do not show that.
 */
export function recordsMarkLengths({ programs, record = [] }: CheckedProgram): boolean {
  if (record.some(({ type }) => type.kind === "string" && type.form === "bytes")) return true;
  const steps = programs.flatMap((program) => program.steps);
  const fields = steps.flatMap((step) => (step.do === "emit" ? step.fields : []));
  return fields.some((field) => "bytes" in field && mayBeCutWithin(field.bytes));
}

/** True if parts of a string may be missing: a composed string, or one that a span has kept. */
function mayBeCutWithin(bytes: Bytes): boolean {
  if (bytes.op === "choose") return mayBeCutWithin(bytes.then) || mayBeCutWithin(bytes.otherwise);
  if (bytes.op === "string") return bytes.markAt !== undefined;
  return bytes.op === "path" || bytes.op === "arguments";
}
