import { STYLES } from "../../bpf/source/terminal-style.ts";
import type { AlertState } from "../evaluate/alerts/alert.ts";

export type Color = keyof typeof STYLES;

export function colored(color: Color | undefined, text: string): string {
  return color === undefined ? text : STYLES[color](text);
}

export const STATE_COLORS: Readonly<Record<AlertState, Color | undefined>> = {
  ok: undefined,
  pending: "yellow",
  firing: "red",
  no_data: "dim",
  degraded: "magenta",
};
