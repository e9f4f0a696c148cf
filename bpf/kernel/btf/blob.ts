import { KernelFactsError } from "../kernel-facts-error.ts";

/**
 * A BTF blob (Documentation/bpf/btf.rst) whose header has been checked. Positions are byte offsets
 * into `bytes`.
 *
 *     0    2        3      4        8         12        16       20
 *     magic version flags  hdr_len  type_off  type_len  str_off  str_len
 *
 * `type_off` and `str_off` count from the header's end. The string section begins and ends with a
 * NUL.
 */
export interface BtfBlob {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly typesStart: number;
  readonly typesEnd: number;
  readonly stringsStart: number;
  readonly stringsEnd: number;
}

const MAGIC = 0xeb9f;
const VERSION = 1;
const HEADER_BYTES = 24;

/**
 * Checks the header of a little-endian blob; nothing is copied. Throws KernelFactsError for
 * anything else.
 */
export function openBlob(content: Uint8Array): BtfBlob {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length < HEADER_BYTES) throw damaged("it is shorter than its header");
  checkKind(view);
  const headerBytes = view.getUint32(4, true);
  const typesStart = headerBytes + view.getUint32(8, true);
  const stringsStart = headerBytes + view.getUint32(16, true);
  const blob: BtfBlob = {
    bytes,
    view,
    typesStart,
    typesEnd: typesStart + view.getUint32(12, true),
    stringsStart,
    stringsEnd: stringsStart + view.getUint32(20, true),
  };
  checkSections(blob, headerBytes);
  return blob;
}

/** The string at an offset of the string section. */
export function stringAt(blob: BtfBlob, offset: number): string {
  if (offset === 0) return "";
  const start = stringPosition(blob, offset);
  return blob.bytes.toString("latin1", start, blob.bytes.indexOf(0, start));
}

/**
 * Returns where a string begins in the blob. A NUL follows before the section's end, because the
 * section ends with one.
 */
export function stringPosition(blob: BtfBlob, offset: number): number {
  const position = blob.stringsStart + offset;
  if (position >= blob.stringsEnd) throw damaged(`name offset ${offset} is outside the string section`);
  return position;
}

export function damaged(what: string): KernelFactsError {
  return new KernelFactsError(`damaged BTF: ${what}`);
}

function checkKind(view: DataView): void {
  const magic = view.getUint16(0, true);
  if (magic === 0x9feb) throw new KernelFactsError("expected little-endian BTF, found big-endian");
  if (magic !== MAGIC)
    throw new KernelFactsError(`expected BTF, found a file that begins with 0x${magic.toString(16)}`);
  const version = view.getUint8(2);
  if (version !== VERSION) throw new KernelFactsError(`expected BTF version ${VERSION}, found version ${version}`);
}

function checkSections(blob: BtfBlob, headerBytes: number): void {
  if (headerBytes < HEADER_BYTES) throw damaged(`its header says that it has ${headerBytes} bytes`);
  if (blob.typesEnd > blob.bytes.length) throw damaged("the type section is cut off");
  if (blob.stringsEnd > blob.bytes.length) throw damaged("the string section is cut off");
  if (blob.stringsEnd === blob.stringsStart) throw damaged("the string section is empty");
  const { bytes } = blob;
  if (bytes[blob.stringsStart] !== 0 || bytes[blob.stringsEnd - 1] !== 0) {
    throw damaged("the string section does not begin and end with a NUL");
  }
}
