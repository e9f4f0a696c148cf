import type { BpfError } from "libbpf-ts";
import type { AttachPoint } from "../check/checked-program.ts";
import type { FileRequest, Surroundings } from "../foreign/surroundings.ts";

/** What a program is attached to, as far as that comes and goes. Disposing detaches, and waits for RCU: asynchronously on another thread. */
export interface Attachment extends Disposable, AsyncDisposable {
  /** Attaches to what has come and lets go of what is gone. Absent where nothing can come or go. */
  follow?(around: Surroundings): Followed | Promise<Followed>;
  /** hits that the kernel left out; undefined where it does not count them. Absent where it leaves none out. */
  missed?(): bigint | undefined;
  /** how many runs of the program were due so far; absent where that is not known */
  due?(): bigint;
  /** points that the kernel refused beside those that it took */
  readonly refused?: readonly RefusedPoint[];
  /** the files that following needs to be told of */
  readonly files?: readonly FileRequest[];
  /** whether following needs `Surroundings.mapped` */
  readonly asksForMapped?: boolean;
}

export interface RefusedPoint {
  readonly point: AttachPoint;
  readonly error: BpfError;
}

/** What following an attachment did. */
export interface Followed {
  /** what was attached anew or let go, as people read it; mostly nothing */
  readonly changes: readonly string[];
  /** why the rule misses events now that it should see; empty where it sees all */
  readonly gaps: readonly string[];
  /** files of other users' processes that cannot be watched, and why */
  readonly notes?: readonly string[];
}

/** Joins what several attachments say, in their order. */
export function joinFollowed(all: readonly Followed[]): Followed {
  const notes = new Set(all.flatMap((each) => each.notes ?? []));
  return {
    changes: all.flatMap(({ changes }) => changes),
    gaps: all.flatMap(({ gaps }) => gaps),
    ...(notes.size > 0 && { notes: [...notes] }),
  };
}
