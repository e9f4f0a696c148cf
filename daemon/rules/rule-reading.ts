import type { Expression } from "../../bpf/language/expression.ts";
import { parseExpression } from "../../bpf/language/parse-expression.ts";
import type { NamedExpression } from "../../bpf/language/program-syntax.ts";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { scalarText } from "../yaml/scalar-text.ts";
import { entriesOf } from "../yaml/yaml-node.ts";
import type { YamlNode, YamlScalar } from "../yaml/yaml-node.ts";

/**
 * The results of reading one rule. An invalid value is replaced with a stand-in, so that reading
 * continues and finds the rule's other errors.
 */
export interface RuleReading {
  readonly source: Source;
  readonly diagnostics: Diagnostic[];
}

/** Parses the expression in a scalar. */
export function readExpression(node: YamlNode, reading: RuleReading): Expression {
  const standIn: Expression = { kind: "integer", value: 0n, span: node.span };
  if (node.kind !== "scalar" || node.value === undefined) return standIn;
  const { result, diagnostics } = parseExpression(scalarText(node));
  reading.diagnostics.push(...diagnostics.map((diagnostic) => cutByComment(diagnostic, node)));
  return result ?? standIn;
}

export function readOptionalExpression(node: YamlNode | undefined, reading: RuleReading): Expression | undefined {
  return node === undefined ? undefined : readExpression(node, reading);
}

/** Reads `{NAME: EXPR, ...}`. */
export function readNamedExpressions(node: YamlNode | undefined, reading: RuleReading): readonly NamedExpression[] {
  return entriesOf(node).map(({ key, value }) => ({ name: key, expression: readExpression(value, reading) }));
}

/**
 * Adds help to an invalid expression before a comment: most likely its own `#` began the comment.
 */
function cutByComment(diagnostic: Diagnostic, node: YamlScalar): Diagnostic {
  if (node.style !== "plain" || !node.beforeComment) return diagnostic;
  return { ...diagnostic, help: 'YAML reads text after " #" as a comment: put the whole expression in single quotes' };
}
