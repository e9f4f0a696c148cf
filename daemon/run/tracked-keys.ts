import { SLACK_KEYS } from "../../bpf/compile/wake-layout.ts";
import type { DrainedRow } from "../../bpf/load/loaded-object.ts";
import type { KeyState } from "../evaluate/rule-state.ts";

/** A key with a slack of its own in the kernel. */
export interface TrackedKey {
  /** its bytes as text */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** `KeyState.id` */
  readonly id: string;
  /** the slack that it was given last */
  given: bigint | undefined;
}

/** The keys of a rule that have a slack of their own, by the bytes that programs know them by. */
export class TrackedKeys {
  readonly #keys = new Map<string, TrackedKey>();

  all(): Iterable<TrackedKey> {
    return this.#keys.values();
  }

  /**
   * Adds the keys that a tick has counted, as far as there is room. Returns the names of the
   * counted keys.
   */
  add(rows: readonly DrainedRow[], keyOf: (bytes: Uint8Array) => KeyState | undefined): ReadonlySet<string> {
    const names = new Set<string>();
    for (const { key: bytes } of rows) {
      const name = keyName(bytes);
      names.add(name);
      if (this.#keys.has(name) || this.#keys.size >= SLACK_KEYS) continue;
      const id = keyOf(bytes)?.id;
      if (id !== undefined) this.#keys.set(name, { name, bytes, id, given: undefined });
    }
    return names;
  }

  has(name: string): boolean {
    return this.#keys.has(name);
  }

  delete(name: string): void {
    this.#keys.delete(name);
  }

  clear(): void {
    this.#keys.clear();
  }
}

/** Returns the bytes of a key as text, for maps. */
export const keyName = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
