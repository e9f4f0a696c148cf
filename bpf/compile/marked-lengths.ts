import type { CheckedProgram } from "../check/checked-program.ts";
import type { Bytes } from "../check/typed-expression.ts";

/** Whether only the length of a string in a record can say that it was cut, or how long it is: what its bytes are does not tell. */
export function recordsMarkLengths({ programs, record = [] }: CheckedProgram): boolean {
  if (record.some(({ type }) => type.kind === "string" && type.form === "bytes")) return true;
  const steps = programs.flatMap((program) => program.steps);
  const fields = steps.flatMap((step) => (step.do === "emit" ? step.fields : []));
  return fields.some((field) => "bytes" in field && mayBeCutWithin(field.bytes));
}

/** Of what is put together parts may be missing; so they may of what a span has kept. */
function mayBeCutWithin(bytes: Bytes): boolean {
  if (bytes.op === "choose") return mayBeCutWithin(bytes.then) || mayBeCutWithin(bytes.otherwise);
  if (bytes.op === "string") return bytes.markAt !== undefined;
  return bytes.op === "path" || bytes.op === "arguments";
}
