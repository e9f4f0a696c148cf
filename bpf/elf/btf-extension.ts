import type { BtfBuilder } from "../compile/btf/blob.ts";
import { FUNCTION_INFO_BYTES, LINE_INFO_BYTES } from "../compile/btf/line-info.ts";
import type { CodeSection } from "./program-sections.ts";

/*
 * `.BTF.ext` (Documentation/bpf/btf.rst): u16 magic 0xeb9f · u8 version 1 · u8 flags · u32 header
 * bytes 24. Then follow the offset and length of the function info and of the line info, counted
 * from the end of the header. Each info is u32 record bytes, then for each section: u32 name in
 * .BTF · u32 record count · the records. The kernel numbers instructions; here the same field is an
 * offset in bytes.
 */
const HEADER_BYTES = 24;

export function btfExtension(btf: BtfBuilder, sections: readonly CodeSection[]): Uint8Array {
  const functions = information(btf, sections, FUNCTION_INFO_BYTES, "functionInfo");
  const lines = information(btf, sections, LINE_INFO_BYTES, "lineInfo");
  const header = [0xeb9f | (1 << 16), HEADER_BYTES, 0, 4 * functions.length, 4 * functions.length, 4 * lines.length];
  return new Uint8Array(new Uint32Array([...header, ...functions, ...lines]).buffer);
}

function information(
  btf: BtfBuilder,
  sections: readonly CodeSection[],
  recordBytes: number,
  field: "functionInfo" | "lineInfo",
): readonly number[] {
  const parts = sections.flatMap((section) => {
    const records = section.pieces.flatMap(({ piece, offset }) => moved(piece[field], recordBytes, offset));
    return [btf.string(section.name), (4 * records.length) / recordBytes, ...records];
  });
  return [recordBytes, ...parts];
}

/**
 * Returns the records with their first word, an instruction's number, replaced by its offset in the
 * section.
 */
function moved(records: Uint8Array, recordBytes: number, offset: number): readonly number[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  return Array.from({ length: records.length / 4 }, (_, index) => {
    const word = view.getUint32(4 * index, true);
    return (4 * index) % recordBytes === 0 ? 8 * word + offset : word;
  });
}
