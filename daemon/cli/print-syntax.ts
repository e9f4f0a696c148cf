import { stringify } from "yaml";
import { positionAt } from "../../bpf/source/position.ts";
import type { Span } from "../../bpf/source/source.ts";

/**
 * Formats syntax trees and typed trees as YAML: places as `line:column`, 64-bit integers in
 * decimal, bytes in hexadecimal.
 */
export function printSyntax(tree: object): string {
  return stringify(JSON.parse(JSON.stringify(tree, readable)));
}

function readable(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (value instanceof Map) return Object.fromEntries(value);
  return isSpan(value) ? placeOf(value) : value;
}

function isSpan(value: unknown): value is Span {
  return typeof value === "object" && value !== null && "source" in value && "start" in value && "end" in value;
}

function placeOf({ source, start }: Span): string {
  const { line, column } = positionAt(source, start);
  return `${line}:${column}`;
}
