import type { FoundPlaces, WantedPlace } from "../kernel/elf/file-places.ts";

/** The facts that identify a file and its contents. */
export interface FileFacts {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** A file that is held open by this process or by the reader. */
export interface FoundFile {
  readonly facts: FileFacts;
  readonly isOverlay: boolean;
  /** path for messages, valid for this process */
  readonly path: string;
  /** who is responsible for it (`ownerOf`) */
  readonly owner: string;
  /**
   * Returns a path that leads to this very file, or undefined when it is no longer held. The path
   * is valid until the next turn of the event loop.
   */
  readonly heldAt: () => string | undefined;
}

/** The result of a look at a path: a file, the reason why it cannot be looked at, or nothing. */
export type Found = FoundFile | { readonly fault: string; readonly owner: string } | undefined;

/**
 * The points in a file, or the reason why it cannot be read. Undefined while that is not known and
 * can be asked for again.
 */
export type Inspected = readonly FoundPlaces[] | { readonly fault: string } | undefined;

export type Inspect = (file: FoundFile, wanted: readonly WantedPlace[]) => Promise<Inspected>;
