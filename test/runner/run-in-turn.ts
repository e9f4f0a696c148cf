import { join } from "node:path";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { type Ended, type Failed, type Result, Tally } from "./tally.ts";

const PROGRAM = join(import.meta.dirname, "in-turn.ts");

/**
 * Runs test files in one process, one after the other: an emulated processor takes longer to start
 * Node, load the sources and read the kernel's types than most files take for their tests.
 * @param show gets each file's result at once
 * @returns the results; a file that the process did not come to the end of, because it died, is a
 * failure
 */
export async function runInTurn(files: readonly string[], show: (result: Result) => void): Promise<readonly Result[]> {
  const results: Result[] = [];
  let tally = new Tally("");
  const add = (result: Result): void => {
    results.push(result);
    show(result);
  };
  const end = (ended: Ended): void => {
    if (ended.name !== PROGRAM) add(tally.result(ended.details.duration_ms));
  };

  const events = run({ files: [PROGRAM], argv: [...files], concurrency: 1 });
  events.on("test:start", ({ nesting, name }) => {
    if (nesting > 0) tally.enter(nesting - 1, name);
    else tally = new Tally(name);
  });
  events.on("test:pass", (ended) => (ended.nesting === 0 ? end(ended) : tally.pass(inFile(ended))));
  events.on("test:fail", (failed) => {
    tally.fail(inFile(failed));
    if (failed.nesting === 0) end(failed);
  });
  events.on("test:diagnostic", ({ nesting, message }) => nesting > 0 && tally.notes.push(message));
  for (const printed of ["test:stdout", "test:stderr"]) {
    events.on(printed, ({ message }: { readonly message: string }) => (tally.output += message));
  }
  await finished(events.resume());

  const come = new Set(results.map(({ name }) => name));
  for (const file of files.filter((each) => !come.has(each))) add(lost(file, tally.output));
  return results;
}

/** A test as it is reported where its file has a process of its own: there the file is no level. */
function inFile<Event extends Ended | Failed>(event: Event): Event {
  return { ...event, nesting: Math.max(0, event.nesting - 1) };
}

function lost(file: string, output: string): Result {
  const died = new Tally(file);
  died.miss(`the process that runs the files did not come to its end:\n${output}`);
  return died.result(0);
}
