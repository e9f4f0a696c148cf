import assert from "node:assert/strict";
import type { Kernel } from "../../bpf/kernel/kernel.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { buildRule, checkFaultyRule } from "../../daemon/run/build-rule.ts";
import { readRules } from "../../daemon/rules/read-rules.ts";
import { decodeSource } from "../../daemon/yaml/decode-source.ts";
import { DEFAULTS } from "../diagnostics/check-file.ts";

/**
 * A file has at most 50 problems that are shown and one that says so, and then each of its rules as
 * many.
 */
const MOST_OF_A_RULE = 51;

/**
 * Takes the bytes of a rule file through what knows nothing of a kernel: the YAML reader, the
 * schema, the parser of expressions.
 */
export function throughReaders(bytes: Uint8Array): void {
  const decoded = decodeSource("rules.yaml", bytes);
  if (decoded.result !== undefined) readRules(decoded.result, DEFAULTS);
}

/**
 * Takes the bytes of a rule file through everything that is done before a rule is loaded, as
 * `bpfwarden check` does. Throws where a stage does, where a diagnostic points outside the file, or
 * where there are more of them than anyone reads.
 */
export function throughFrontEnd(bytes: Uint8Array, kernel: Kernel): readonly Diagnostic[] {
  const decoded = decodeSource("rules.yaml", bytes);
  if (decoded.result === undefined) return judged(decoded.diagnostics, 0, 1);
  const { rules, faulty, diagnostics } = readRules(decoded.result, DEFAULTS);
  const checked = [
    ...diagnostics,
    ...rules.flatMap((rule) => buildRule(rule, kernel).diagnostics),
    ...faulty.flatMap((rule) => checkFaultyRule(rule, kernel).diagnostics),
  ];
  return judged(checked, decoded.result.text.length, 1 + rules.length + faulty.length);
}

function judged(diagnostics: readonly Diagnostic[], length: number, rules: number): readonly Diagnostic[] {
  assert.ok(diagnostics.length <= MOST_OF_A_RULE * rules, `${diagnostics.length} diagnostics`);
  for (const { span, message } of diagnostics) {
    assert.ok(span.start >= 0 && span.start <= span.end, message);
    if (length > 0) assert.ok(span.end <= length + 1, message);
    assert.notEqual(message, "");
  }
  formatDiagnostics(diagnostics);
  return diagnostics;
}
