import type { BpfError } from "libbpf-ts";
import type { AttachPoint } from "../check/checked-program.ts";
import type { SharedRuns } from "./fused/fused-part.ts";
import type { FileRequest, ProcessFiles } from "../foreign/process-files.ts";

/**
 * The connection of a program to probes that can come and go. Disposing detaches, and waits for
 * RCU: asynchronously on another thread.
 */
export interface Attachment extends Disposable, AsyncDisposable {
  /**
   * Attaches to new files, modules or CPUs, and detaches from those that are gone. Absent if
   * nothing can come or go.
   */
  follow?(around: ProcessFiles): Followed | Promise<Followed>;
  /**
   * Returns the hits that the kernel left out, or undefined if it does not count them. Absent if it
   * leaves none out.
   */
  missed?(): bigint | undefined;
  /** Returns how many runs of the program were due so far. Absent if that is not known. */
  due?(): bigint;
  /**
   * Returns the runs of this program as a part of another one, since it was attached; undefined if
   * it runs alone. Absent if it always does.
   */
  shared?(): SharedRuns | undefined;
  /** points that the kernel refused while it accepted others */
  readonly refused?: readonly RefusedPoint[];
  /** files that `follow` needs to know */
  readonly files?: readonly FileRequest[];
  /** true if `follow` needs `ProcessFiles.mapped` */
  readonly asksForMapped?: boolean;
}

export interface RefusedPoint {
  readonly point: AttachPoint;
  readonly error: BpfError;
}

/** The result of following an attachment. */
export interface Followed {
  /** new and ended attachments, as people read them; mostly empty */
  readonly changes: readonly string[];
  /** reasons why the rule misses events now that it should see; empty if it sees all */
  readonly gaps: readonly string[];
  /** files of other users' processes that cannot be watched, and the reasons */
  readonly notes?: readonly string[];
}

/** Joins the results of several attachments, in their order. */
export function joinFollowed(all: readonly Followed[]): Followed {
  const notes = new Set(all.flatMap((each) => each.notes ?? []));
  return {
    changes: all.flatMap(({ changes }) => changes),
    gaps: all.flatMap(({ gaps }) => gaps),
    ...(notes.size > 0 && { notes: [...notes] }),
  };
}
