import { finished } from "node:stream/promises";
import { run } from "node:test";
import { type Result, Tally } from "./tally.ts";

/** A file that takes longer has left something open. */
const FILE_TIMEOUT_MS = 600_000;

/** Runs a test file in a process of its own. A file that holds no test counts as a failure. */
export async function runTestFile(file: string): Promise<Result> {
  const startedMs = performance.now();
  const tally = new Tally(file);
  const events = run({ files: [file], concurrency: 1, signal: AbortSignal.timeout(FILE_TIMEOUT_MS) });
  events.on("test:start", ({ nesting, name }) => tally.enter(nesting, name));
  events.on("test:pass", (ended) => tally.pass(ended));
  events.on("test:fail", (ended) => tally.fail(ended));
  events.on("test:diagnostic", ({ file: from, message }) => from !== undefined && tally.notes.push(message));
  for (const printed of ["test:stdout", "test:stderr"]) {
    events.on(printed, ({ message }: { readonly message: string }) => (tally.output += message));
  }
  await finished(events.resume());
  return tally.result(performance.now() - startedMs);
}
