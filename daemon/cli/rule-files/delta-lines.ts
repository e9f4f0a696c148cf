import { cutVisible, visible } from "../../../bpf/source/visible.ts";
import { type Paint, plain } from "../../../bpf/source/terminal-style.ts";
import type { Delta, KeyChange } from "./deltas.ts";

const KIND_COLUMNS = 14;
const MOST_VALUE = 60;

/** Formats differences as systemd-delta(1) does, with the changed lines or keys below. */
export function deltaLines(
  { kind, path, other, diff, keys = [], rule, place }: Delta,
  bold: Paint = plain,
): readonly string[] {
  const head = bold(`[${kind.toUpperCase()}]`.padEnd(KIND_COLUMNS));
  if (rule !== undefined) return [`${head}${rule} → ${place ?? visible(path)}`];
  const from = `${kind === "extended" ? other : path}`;
  const to = kind === "extended" ? path : other;
  return [
    `${head}${visible(from)}${to === undefined ? "" : ` → ${visible(to)}`}`,
    ...keys.map((key) => `  ${keyText(key)}`),
    ...(diff === undefined ? [] : ["", ...diff.trimEnd().split("\n").map(visibleLine), ""]),
  ];
}

function keyText({ rule, key, from, to }: KeyChange): string {
  const short = (text: string): string => cutVisible(visible(text), MOST_VALUE);
  return `${rule}: ${visible(key)}: ${from === undefined ? "" : `${short(from)} → `}${short(to)}`;
}

/** Tabs stay: they are part of the files. */
const visibleLine = (line: string): string => line.split("\t").map(visible).join("\t");
