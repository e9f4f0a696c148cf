import { lineText, positionAt } from "../../source/position.ts";
import type { Assembled } from "../assemble.ts";
import type { BtfBuilder } from "./blob.ts";

export const LINE_INFO_BYTES = 16;
export const FUNCTION_INFO_BYTES = 8;
/**
 * The column shares a word with the line: line << 10 | column (BPF_LINE_INFO_LINE_COL in
 * include/uapi/linux/bpf.h).
 */
const COLUMN_BITS = 10;
const GREATEST_COLUMN = (1 << COLUMN_BITS) - 1;

/**
 * Returns bpf_line_info records, u32 each: instruction · file name · text of the line · line << 10
 * | column. With them the verifier's log and `bpftool prog dump` show the lines of the rule file.
 */
export function lineInfo(btf: BtfBuilder, lines: Assembled["lines"]): Uint8Array {
  return words(
    lines.flatMap(({ instruction, span }) => {
      const { line, column } = positionAt(span.source, span.start);
      const place = (line << COLUMN_BITS) | Math.min(column, GREATEST_COLUMN);
      return [instruction, btf.string(span.source.path), btf.string(lineText(span.source, line).trim()), place];
    }),
  );
}

/** Returns bpf_func_info records: each function's first instruction, ascending, and its type. */
export const functionInfo = (functions: readonly { readonly start: number; readonly type: number }[]): Uint8Array =>
  words(functions.flatMap(({ start, type }) => [start, type]));

function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setUint32(4 * index, value, true);
  });
  return bytes;
}
