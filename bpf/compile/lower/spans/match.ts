import { MARK_BYTES } from "../../../check/marked-text.ts";
import type { Column } from "../../../check/checked-program.ts";
import type { Value } from "../../../check/typed-expression.ts";
import { alu, goTo, immediate, jump } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { placeKey } from "../../layout.ts";
import type { PlacedColumn } from "../../object-spec.ts";
import { writeColumn, writeGaps } from "../records/columns.ts";
import { holdsComposed } from "../strings/composed.ts";
import { coldBranch, onStack, placeAfter } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { count } from "../state.ts";
import { markedUnreadable } from "../strings/text-mark.ts";
import { clearFailed, takeFailed } from "../unreadable.ts";

/** The values by which something that was kept is found. */
export interface Match {
  readonly place: MemoryPlace;
  /** 1 if a part of it could not be read, or found no room; absent if neither can happen */
  readonly failed?: Register;
}

/**
 * Builds the values of a match, every byte of them. The place stays taken for the rest of the run.
 */
export function buildMatch(lowering: Lowering, columns: readonly Column[], values: readonly Value[]): Match {
  const { bytes, columns: placed } = placeKey(columns);
  const place = onStack(lowering.frame.allocate(bytes));
  writeGaps(lowering, placed, place, 0, bytes);
  clearFailed(lowering);
  values.forEach((value, index) => {
    const column = placed[index];
    if (column === undefined) throw new Error("more values than something is found by");
    writeColumn(lowering, value, column, place);
  });
  const reading = takeFailed(lowering);
  const marked = placed.filter((column, index) => isMarked(column) && (reading !== undefined || isPut(values[index])));
  const failed = reading ?? (marked.length > 0 ? lowering.emitter.copy(immediate(0)) : undefined);
  if (failed === undefined) return { place };
  for (const column of marked) {
    const mark = placeAfter(place, column.offset + column.bytes - MARK_BYTES);
    lowering.emitter.emit(alu(failed, "|", markedUnreadable(lowering, mark)));
  }
  return { place, failed };
}

/** True if a value is composed, for which there may be no room. */
const isPut = (value: Value | undefined): boolean =>
  value !== undefined && "bytes" in value && holdsComposed(value.bytes);

const isMarked = ({ column: { type } }: PlacedColumn): boolean => type.kind === "string" && type.marked !== undefined;

/** Counts a match that could not be read, and continues at `resume`: nothing can be found by it. */
export function skipUnknownMatch(lowering: Lowering, { failed }: Pick<Match, "failed">, resume: Label): void {
  if (failed === undefined) return;
  const { emitter } = lowering;
  const unknown = coldBranch(lowering, "unknown", () => {
    count(lowering, "unknown", resume);
    emitter.emit(goTo(resume));
  });
  emitter.emit(jump(failed, "!=", immediate(0), unknown));
}
