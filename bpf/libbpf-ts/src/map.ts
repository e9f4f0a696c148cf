import { BpfError, checked } from "./bpf-error.ts";
import { Descriptor } from "./descriptor.ts";
import {
  bpfMapCreate,
  bpfMapDelete,
  bpfMapLookup,
  bpfMapNextKey,
  bpfMapUpdate,
  MAP_CREATE_OPTIONS,
  options,
} from "./libbpf.ts";
import { MAP_TYPES, UPDATE_FLAGS, type MapType } from "./map-type.ts";
import { objectName } from "./object-name.ts";
import { possibleCpus } from "./cpus.ts";

export interface MapOptions {
  /** the kernel keeps its first 15 bytes */
  readonly name: string;
  readonly type: MapType;
  /** 0 for ring buffers and bloom filters */
  readonly keyBytes: number;
  /** bytes of one CPU's value; 0 for ring buffers */
  readonly valueBytes: number;
  /** for a ring buffer its size in bytes: whole pages, a power of two; 0 for task storage */
  readonly maxEntries: number;
  /** MAP_FLAGS */
  readonly flags?: number;
  /** descriptor of loaded BTF that describes key and value; task storage needs it */
  readonly btfFd?: number;
  readonly btfKeyTypeId?: number;
  readonly btfValueTypeId?: number;
  /** for maps of maps: a map like those that will be put in */
  readonly innerMapFd?: number;
  /** for bloom filters: the number of hash functions */
  readonly extra?: bigint;
}

/** A map in the kernel. It lives as long as this handle or a program that uses it. */
export interface BpfMap extends Disposable {
  /** Throws if the map is closed. */
  readonly fd: number;
  readonly name: string;
  readonly type: MapType;
  readonly keyBytes: number;
  /** bytes of one CPU's value */
  readonly valueBytes: number;
  /**
   * bytes of a whole value as user space reads and writes it: per-CPU maps have each CPU's value,
   * rounded up to 8 bytes
   */
  readonly userValueBytes: number;
  readonly maxEntries: number;
  /** Returns the value, in `into` if given, or undefined if the key is absent. */
  lookup(key: Uint8Array, into?: Uint8Array): Uint8Array | undefined;
  /**
   * Sets the value of a key.
   *
   * @param flags UPDATE_FLAGS
   */
  update(key: Uint8Array, value: Uint8Array, flags?: number): void;
  /**
   * Updates as `update` does, on another thread: replacing an element of a map of maps waits until
   * no program uses the old one (RCU). The arrays must stay unchanged until it is done.
   */
  updateOnThread(key: Uint8Array, value: Uint8Array, flags?: number): Promise<void>;
  /** Deletes a key. Returns false if it is absent. */
  delete(key: Uint8Array): boolean;
  /**
   * Yields all keys, each as a new array. Keys that come and go meanwhile may be missed, or seen
   * twice.
   */
  keys(): Generator<Uint8Array, void>;
}

/** Creates a map (BPF_MAP_CREATE). Throws BpfError. */
export function createMap(create: MapOptions): BpfMap {
  const { number } = MAP_TYPES[create.type];
  const subject = `map "${create.name}"`;
  const fields = options(MAP_CREATE_OPTIONS, {
    btf_fd: create.btfFd ?? 0,
    btf_key_type_id: create.btfKeyTypeId ?? 0,
    btf_value_type_id: create.btfValueTypeId ?? 0,
    inner_map_fd: create.innerMapFd ?? 0,
    map_flags: create.flags ?? 0,
    map_extra: create.extra ?? 0n,
  });
  const name = objectName(create.name);
  const fd = bpfMapCreate(number, name, create.keyBytes, create.valueBytes, create.maxEntries, fields);
  return new KernelMap(checked("BPF_MAP_CREATE", fd, subject), create);
}

/**
 * Returns a handle for a map whose descriptor came from elsewhere, such as another process. The
 * handle then owns the descriptor.
 */
export function adoptMap(fd: number, created: MapOptions): BpfMap {
  return new KernelMap(fd, created);
}

class KernelMap implements BpfMap {
  readonly name: string;
  readonly type: MapType;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly userValueBytes: number;
  readonly maxEntries: number;
  readonly #descriptor: Descriptor;

  constructor(fd: number, created: MapOptions) {
    this.name = created.name;
    this.type = created.type;
    this.keyBytes = created.keyBytes;
    this.valueBytes = created.valueBytes;
    this.userValueBytes = userValueBytes(created.type, created.valueBytes);
    this.maxEntries = created.maxEntries;
    this.#descriptor = new Descriptor(fd, `map "${created.name}"`);
  }

  get fd(): number {
    return this.#descriptor.fd;
  }

  lookup(key: Uint8Array, into = new Uint8Array(this.userValueBytes)): Uint8Array | undefined {
    requireBytes("key", key, this.keyBytes);
    requireBytes("value", into, this.userValueBytes);
    const found = this.#found("BPF_MAP_LOOKUP_ELEM", bpfMapLookup(this.fd, key, into));
    return found ? into : undefined;
  }

  update(key: Uint8Array, value: Uint8Array, flags: number = UPDATE_FLAGS.ANY): void {
    this.#requireElement(key, value);
    checked("BPF_MAP_UPDATE_ELEM", bpfMapUpdate(this.fd, key, value, flags), this.#descriptor.subject);
  }

  async updateOnThread(key: Uint8Array, value: Uint8Array, flags: number = UPDATE_FLAGS.ANY): Promise<void> {
    this.#requireElement(key, value);
    const result = await bpfMapUpdate.onThread(this.fd, key, value, flags);
    checked("BPF_MAP_UPDATE_ELEM", result, this.#descriptor.subject);
  }

  delete(key: Uint8Array): boolean {
    requireBytes("key", key, this.keyBytes);
    return this.#found("BPF_MAP_DELETE_ELEM", bpfMapDelete(this.fd, key));
  }

  *keys(): Generator<Uint8Array, void> {
    let previous: Uint8Array | null = null;
    for (;;) {
      const next: Uint8Array = new Uint8Array(this.keyBytes);
      if (!this.#found("BPF_MAP_GET_NEXT_KEY", bpfMapNextKey(this.fd, previous, next))) return;
      yield next;
      previous = next;
    }
  }

  [Symbol.dispose](): void {
    this.#descriptor[Symbol.dispose]();
  }

  #requireElement(key: Uint8Array, value: Uint8Array): void {
    requireBytes("key", key, this.keyBytes);
    requireBytes("value", value, this.userValueBytes);
  }

  #found(operation: "BPF_MAP_LOOKUP_ELEM" | "BPF_MAP_DELETE_ELEM" | "BPF_MAP_GET_NEXT_KEY", result: number): boolean {
    if (result >= 0) return true;
    const error = new BpfError(operation, -result, this.#descriptor.subject);
    if (error.code === "ENOENT") return false;
    throw error;
  }
}

function userValueBytes(type: MapType, valueBytes: number): number {
  return MAP_TYPES[type].perCpu ? possibleCpus() * Math.ceil(valueBytes / 8) * 8 : valueBytes;
}

/**
 * Throws if the array is too short: the kernel copies as many bytes as the map needs, and would
 * read or write past its end.
 */
export function requireBytes(what: string, array: Uint8Array, bytes: number): void {
  if (array.byteLength < bytes) throw new RangeError(`expected a ${what} of ${bytes} bytes, found ${array.byteLength}`);
}
