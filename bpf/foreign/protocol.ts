import type { FoundPlaces, WantedPlace } from "../kernel/elf/file-places.ts";
import type { AddressKind } from "../kernel/symbols/symbols.ts";

/**
 * A question to the reader: one line of JSON, which the reader answers before it reads the next.
 */
export type Question =
  /**
   * finds targets (absolute paths, names of libraries) in the root of a process; each file is held
   * until `release`
   */
  | {
      readonly kind: "look";
      readonly pid: number;
      /** true if a user without privileges may have made the mounts there */
      readonly isUsers: boolean;
      readonly targets: readonly string[];
    }
  | { readonly kind: "release" }
  /** finds where points are in a file; the path leads through /proc/PID/fd */
  | { readonly kind: "places"; readonly path: string; readonly wanted: readonly WantedPlace[] }
  /** returns the labels of the inodes that a process has mapped (`inodeLabel`) */
  | { readonly kind: "mapped"; readonly pid: number }
  /** returns the functions at addresses of a process */
  | {
      readonly kind: "frames";
      readonly pid: number;
      /** decimal */
      readonly startNs: string;
      readonly addresses: readonly (readonly [hex: string, kind: AddressKind])[];
    };

/** A file that the reader holds. */
export interface HeldFacts {
  readonly descriptor: number;
  /** decimal */
  readonly dev: string;
  readonly ino: string;
  readonly size: string;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  readonly isOverlay: boolean;
  readonly path: string;
}

/** The type of the answer to each kind of question. */
export interface Answers {
  /**
   * null if the process has ended; for each target the file, the reason why it cannot be read, or
   * null if it is absent
   */
  readonly look: readonly (HeldFacts | { readonly fault: string } | null)[] | null;
  readonly release: true;
  readonly places: readonly FoundPlaces[] | { readonly fault: string };
  readonly mapped: readonly number[];
  readonly frames: readonly string[];
}

export type Answer<Kind extends Question["kind"]> = Answers[Kind];

/** A line that the reader writes. */
export type Reply = { readonly answer: Answers[Question["kind"]] } | { readonly error: string };

/** The longest answer holds the names of 127 frames, or the labels of 65,000 inodes. */
export const LONGEST_REPLY = 4 * 1024 * 1024;
