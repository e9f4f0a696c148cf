import { checkedErrno } from "./bpf-error.ts";
import { Descriptor } from "./descriptor.ts";
import { syscallBpf } from "./libc.ts";
import { addressOf } from "./native.ts";
import { ATTACH_TYPES } from "./program-type.ts";

/** A place in a file where a program is attached. */
export interface UprobePlace {
  readonly fileOffset: number;
  /** as for a single uprobe */
  readonly semaphoreOffset?: number;
  readonly cookie?: bigint;
}

/** BPF_LINK_CREATE of enum bpf_cmd, and BPF_F_UPROBE_MULTI_RETURN. */
const LINK_CREATE = 28;
const RETURNS = 1;
const SYSTEM_CALL = { x64: 321, arm64: 280 } as const;
/**
 * `link_create` of union bpf_attr: prog_fd, target_fd, attach_type and flags, u32 each, then
 * `uprobe_multi`: path, offsets, ref_ctr_offsets and cookies, pointers each, cnt, flags and pid,
 * u32 each.
 */
const ATTRIBUTE_BYTES = 64;
const OFFSET = {
  program: 0,
  attachType: 8,
  path: 16,
  offsets: 24,
  semaphores: 32,
  cookies: 40,
  count: 48,
  flags: 52,
} as const;

/**
 * Links a program that was loaded for `trace_uprobe_multi` to many places of a file at once
 * (89ae89f53d20 "bpf: Add multi uprobe link", 6.6). It calls bpf(2) itself: libbpf has this from
 * 1.3 on. It links all or none. Throws BpfError.
 */
export function linkUprobeMulti(
  programFd: number,
  path: string,
  places: readonly UprobePlace[],
  returns: boolean,
): Descriptor {
  const subject = `${places.length} places of "${path}"`;
  const attributes = encode(programFd, path, places, returns);
  const fd = syscallBpf(systemCallNumber(), LINK_CREATE, attributes, ATTRIBUTE_BYTES);
  return new Descriptor(checkedErrno("BPF_LINK_CREATE", fd, subject), subject);
}

/**
 * Returns the attributes followed by the data that they point to, so that the data stays in memory
 * exactly as long.
 */
function encode(programFd: number, path: string, places: readonly UprobePlace[], returns: boolean): Uint8Array {
  const arrayBytes = 8 * places.length;
  const name = Buffer.from(`${path}\0`);
  const bytes = new Uint8Array(ATTRIBUTE_BYTES + 3 * arrayBytes + name.byteLength);
  const view = new DataView(bytes.buffer);
  const arrays = [OFFSET.offsets, OFFSET.semaphores, OFFSET.cookies] as const;
  for (const [index, at] of [...arrays, OFFSET.path].entries()) {
    view.setBigUint64(at, addressOf(bytes) + BigInt(ATTRIBUTE_BYTES + index * arrayBytes), true);
  }
  for (const [index, { cookie = 0n, fileOffset, semaphoreOffset = 0 }] of places.entries()) {
    const at = ATTRIBUTE_BYTES + 8 * index;
    view.setBigUint64(at, BigInt(fileOffset), true);
    view.setBigUint64(at + arrayBytes, BigInt(semaphoreOffset), true);
    view.setBigUint64(at + 2 * arrayBytes, cookie, true);
  }
  bytes.set(name, ATTRIBUTE_BYTES + 3 * arrayBytes);
  view.setUint32(OFFSET.program, programFd, true);
  view.setUint32(OFFSET.attachType, ATTACH_TYPES.trace_uprobe_multi, true);
  view.setUint32(OFFSET.count, places.length, true);
  view.setUint32(OFFSET.flags, returns ? RETURNS : 0, true);
  return bytes;
}

function systemCallNumber(): number {
  const { arch } = process;
  if (arch === "x64" || arch === "arm64") return SYSTEM_CALL[arch];
  throw new Error(`expected an x64 or arm64 machine, found ${arch}`);
}
