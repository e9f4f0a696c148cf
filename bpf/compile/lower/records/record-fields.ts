import type { Value } from "../../../check/typed-expression.ts";
import { immediate, store } from "../../instruction.ts";
import type { Register } from "../../instruction.ts";
import type { PlacedColumn, RecordLayout } from "../../object-spec.ts";
import { addFailure, unknownFilter } from "../failures.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { clearFailed, readsUser, takeFailed } from "../unreadable.ts";

/**
 * Writes the fields of a record. Returns the word that says which could not be read, if any may be
 * unreadable.
 */
export function writeFields(
  lowering: Lowering,
  fields: readonly Value[],
  record: RecordLayout,
  start: MemoryPlace,
  write: (field: Value, column: PlacedColumn) => void,
): Register | undefined {
  const { emitter } = lowering;
  const failures: Register | undefined =
    lowering.unreadable === undefined || record.unreadableAt === undefined ? undefined : unknownFilter(lowering);
  fields.forEach((field, index) => {
    const column = record.columns[index];
    if (column === undefined) throw new Error("more values than columns");
    clearFailed(lowering);
    write(field, column);
    if (failures === undefined || !readsUser(lowering, "bytes" in field ? field.bytes : field.scalar)) return;
    const failed = takeFailed(lowering);
    if (failed !== undefined) addFailure(lowering, failures, failed, index);
  });
  if (record.unreadableAt === undefined) return undefined;
  const word = failures ?? immediate(0);
  emitter.emit(store(8, start.base, start.offset + record.unreadableAt, word));
  return failures;
}
