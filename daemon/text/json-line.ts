import { visibleJson } from "../../bpf/source/visible.ts";

/**
 * Returns JSON on one line with visible characters only. A terminal shows what it contains, and it
 * parses to the same value.
 */
export function jsonLine(value: object): string {
  return visibleJson(JSON.stringify(value));
}
