import type { FoundPlaces, WantedPlace } from "../kernel/elf/file-places.ts";

/** What tells a file from others, and from itself with other contents. */
export interface FileFacts {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** A file that is held, by this process or the one that reads. */
export interface FoundFile {
  readonly facts: FileFacts;
  readonly isOverlay: boolean;
  /** as this process can name it, for messages */
  readonly path: string;
  /** who answers for it (`ownerOf`) */
  readonly owner: string;
  /** a path that leads to this very file; undefined where it is not held any more. It is good until the next turn of the event loop. */
  readonly heldAt: () => string | undefined;
}

/** What was found at a path: a file, why it cannot be looked at, or nothing. */
export type Found = FoundFile | { readonly fault: string; readonly owner: string } | undefined;

/** Where points lie in a file; why it cannot be read; undefined where that is not known, and can be asked for later. */
export type Inspected = readonly FoundPlaces[] | { readonly fault: string } | undefined;

export type Inspect = (file: FoundFile, wanted: readonly WantedPlace[]) => Promise<Inspected>;
