/**
 * The thread that owns the database: a disk that takes seconds to write delays only this thread.
 */
import { parentPort, workerData } from "node:worker_threads";
import { errorText } from "../../bpf/source/error-text.ts";
import type { Batch } from "./batch.ts";
import { StateDatabase } from "./state-database.ts";
import type { Answer, Request, ThreadOptions } from "./thread-messages.ts";

const database = new StateDatabase(workerData as ThreadOptions);
let wasOpen = false;
/** why the database is closed */
let closedReason = "the database is not open";

parentPort?.on("message", (request: Request) => {
  if (request.kind === "write") write(request.batch, request.unixMs);
  else if (request.kind === "look") look(request.unixMs);
  else if (request.kind === "content") content(request.number, () => database.content(request.id));
  else if (request.kind === "history") content(request.number, () => database.answer(request.question, request.unixMs));
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
    answer({ kind: isReplaced ? "written elsewhere" : "written" });
    if (isReplaced) look(unixMs);
  } catch (error) {
    if (!wasClosed) closedReason = reasonOf(error);
    answer({ kind: "failed", of: "write", reason: closedReason });
  }
}

function look(unixMs: number): void {
  try {
    const isReplaced = database.isReplaced;
    if (database.isOpen && !isReplaced) return;
    database.release();
    const moved = database.open(unixMs);
    const kept = database.read();
    answer({ kind: wasOpen ? "reopened" : "opened", kept, isReplaced, ...(moved !== undefined && { moved }) });
    wasOpen = true;
  } catch (error) {
    database.close();
    closedReason = reasonOf(error);
    answer({ kind: "failed", of: "open", reason: closedReason });
  }
}

/** Answers with a text that is found in the database. */
function content(number: number, find: () => string | undefined): void {
  try {
    const found = find();
    answer({ kind: "content", number, ...(found !== undefined && { content: found }) });
  } catch (error) {
    answer({ kind: "content", number, reason: reasonOf(error) });
  }
}

/** Returns SQLite's message without its code, which is the same for all errors. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.message !== "" ? error.message : errorText(error);
}

function close(): void {
  try {
    database.close();
  } catch {
    // Committed data is on the disk.
  }
  parentPort?.close();
}
