import type { AlertState } from "../evaluate/alerts/alert.ts";

export type Color = "red" | "green" | "yellow" | "magenta" | "dim" | "bold";

/** Select Graphic Rendition (ECMA-48 §8.3.117). */
const CODES: Readonly<Record<Color, string>> = {
  bold: "1",
  dim: "2",
  red: "31",
  green: "32",
  yellow: "33",
  magenta: "35",
};

export function colored(color: Color | undefined, text: string): string {
  return color === undefined ? text : `\u001b[${CODES[color]}m${text}\u001b[0m`;
}

export const STATE_COLORS: Readonly<Record<AlertState, Color | undefined>> = {
  ok: undefined,
  pending: "yellow",
  firing: "red",
  no_data: "dim",
  degraded: "magenta",
};
