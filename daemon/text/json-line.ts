import { visibleJson } from "../../bpf/source/visible.ts";

/** JSON on one line, of visible characters only: whoever looks at it in a terminal sees what is there, and it parses to the same. */
export function jsonLine(value: object): string {
  return visibleJson(JSON.stringify(value));
}
