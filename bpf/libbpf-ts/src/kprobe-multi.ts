import { checked } from "./bpf-error.ts";
import { Descriptor } from "./descriptor.ts";
import { bpfLinkCreateMulti, KPROBE_MULTI_OPTIONS, options } from "./libbpf.ts";
import { addressOf } from "./native.ts";
import { ATTACH_TYPES } from "./program-type.ts";

/** BPF_F_KPROBE_MULTI_RETURN of include/uapi/linux/bpf.h. */
const RETURNS = 1;

/**
 * Links a program that was loaded for `trace_kprobe_multi` to the entries or returns of many
 * functions at once (0dcac2725406 "bpf: Add multi kprobe link", 5.18, with CONFIG_FPROBE). It links
 * all or none: one symbol that cannot be probed fails them. Throws BpfError.
 *
 * @param cookies one for each symbol
 */
export function linkKprobeMulti(
  programFd: number,
  symbols: readonly string[],
  returns: boolean,
  cookies?: readonly bigint[],
): Descriptor {
  const subject = `${symbols.length} ${returns ? "returns" : "entries"} of functions`;
  const fields = options(KPROBE_MULTI_OPTIONS, {
    multi_flags: returns ? RETURNS : 0,
    cnt: symbols.length,
    syms: pointersTo(symbols),
    cookies: cookies === undefined ? null : BigUint64Array.from(cookies),
  });
  const fd = checked(
    "BPF_LINK_CREATE",
    bpfLinkCreateMulti(programFd, 0, ATTACH_TYPES.trace_kprobe_multi, fields),
    subject,
  );
  return new Descriptor(fd, subject);
}

/**
 * Returns `const char *[]`. The texts come after the pointers in one array, so that they stay in
 * memory exactly as long.
 */
function pointersTo(symbols: readonly string[]): BigUint64Array {
  const texts = Buffer.from(symbols.map((symbol) => `${symbol}\0`).join(""), "latin1");
  const bytes = new Uint8Array(8 * symbols.length + texts.length);
  bytes.set(texts, 8 * symbols.length);
  const pointers = new BigUint64Array(bytes.buffer, 0, symbols.length);
  let at = addressOf(bytes) + BigInt(8 * symbols.length);
  for (const [index, { length }] of symbols.entries()) {
    pointers[index] = at;
    at += BigInt(length + 1);
  }
  return pointers;
}
