import { cutVisible } from "../../../bpf/source/visible.ts";

/**
 * Cuts a text that `visible` returned to at most `bytes` bytes of UTF-8, between whole characters
 * and whole escapes.
 */
export function cutBytes(text: string, bytes: number): string {
  let cut = cutVisible(text, bytes);
  while (Buffer.byteLength(cut) > bytes) {
    const over = Buffer.byteLength(cut) - bytes;
    // A UTF-16 unit has at most three bytes.
    cut = cutVisible(cut.replace(/…$/, ""), cut.length - Math.max(1, Math.floor(over / 3)));
  }
  return cut;
}
