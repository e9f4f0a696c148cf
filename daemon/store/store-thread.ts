/** The thread that owns the database: a disk that takes seconds to write holds up nobody else. */
import { parentPort, workerData } from "node:worker_threads";
import { errorText } from "../../bpf/source/error-text.ts";
import type { Batch } from "./batch.ts";
import { StateDatabase } from "./state-database.ts";
import type { Answer, Request, ThreadOptions } from "./thread-messages.ts";

const database = new StateDatabase(workerData as ThreadOptions);
let wasOpen = false;
/** why it is not open, where it is not */
let closedReason = "the database is not open";

parentPort?.on("message", (request: Request) => {
  if (request.ask === "write") write(request.batch, request.unixMs);
  else if (request.ask === "look") look(request.unixMs);
  else if (request.ask === "content") content(request.id, request.number);
  else close();
});

function answer(message: Answer): void {
  parentPort?.postMessage(message, []);
}

function write(batch: Batch, unixMs: number): void {
  const wasClosed = !database.isOpen;
  try {
    database.write(batch, unixMs);
    const isReplaced = database.isReplaced;
    answer({ tell: isReplaced ? "written elsewhere" : "written" });
    if (isReplaced) look(unixMs);
  } catch (error) {
    if (!wasClosed) closedReason = reasonOf(error);
    answer({ tell: "failed", of: "write", reason: closedReason });
  }
}

function look(unixMs: number): void {
  try {
    const isReplaced = database.isReplaced;
    if (database.isOpen && !isReplaced) return;
    database.release();
    const moved = database.open(unixMs);
    const kept = database.read();
    answer({ tell: wasOpen ? "reopened" : "opened", kept, isReplaced, ...(moved !== undefined && { moved }) });
    wasOpen = true;
  } catch (error) {
    database.close();
    closedReason = reasonOf(error);
    answer({ tell: "failed", of: "open", reason: closedReason });
  }
}

function content(id: string, number: number): void {
  try {
    const found = database.content(id);
    answer({ tell: "content", number, ...(found !== undefined && { content: found }) });
  } catch (error) {
    answer({ tell: "content", number, reason: reasonOf(error) });
  }
}

/** SQLite's words without its code, which is the same for all of them. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : errorText(error);
}

function close(): void {
  try {
    database.close();
  } catch {
    // What was committed is on the disk.
  }
  parentPort?.close();
}
