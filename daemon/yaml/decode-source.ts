import { type Checked, type Diagnostic, errorAt } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import type { YamlCode } from "./codes.ts";

/** A larger file is refused without being decoded. */
export const MAX_FILE_BYTES = 1024 * 1024;

/**
 * Decodes the text of a file: UTF-8 with or without a byte order mark. Other bytes are an error,
 * not a guess.
 */
export function decodeSource(path: string, bytes: Uint8Array): Checked<Source> {
  if (bytes.length > MAX_FILE_BYTES) {
    return refused(path, "too-large", "expected at most 1 MiB", "split the file: every file of the folder is read");
  }
  const text = decodeUtf8(bytes);
  if (text === undefined) {
    return refused(
      path,
      "bad-encoding",
      `expected UTF-8, found the byte ${firstBadByte(bytes)}`,
      "save the file as UTF-8",
    );
  }
  const nul = text.indexOf("\0");
  if (nul < 0) return { result: { path, text }, diagnostics: [] };
  const span = { source: { path, text }, start: nul, end: nul + 1 };
  return { diagnostics: [errorAt("bad-encoding", "expected text, found a NUL", span)] };
}

/** Returns a diagnostic about a file whose text is not available. */
export function fileDiagnostic(path: string, code: string, message: string, help?: string): Diagnostic {
  const span = { source: { path, text: "" }, start: 0, end: 0 };
  return errorAt(code, message, span, help);
}

function refused(path: string, code: YamlCode, message: string, help?: string): Checked<Source> {
  return { diagnostics: [fileDiagnostic(path, code, message, help)] };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Describes the first byte that is not UTF-8: `0xff at offset 12`. Found by comparing with the
 * text's own encoding.
 */
function firstBadByte(bytes: Uint8Array): string {
  const lenient = new TextEncoder().encode(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
  const offset = bytes.findIndex((byte, index) => byte !== lenient[index]);
  return `0x${(bytes[offset] ?? 0).toString(16).padStart(2, "0")} at offset ${Math.max(offset, 0)}`;
}
