import { finished } from "node:stream/promises";
import { run } from "node:test";
import { inspect } from "node:util";
import { ELSEWHERE, mayBeElsewhere, thisGuest } from "../vm/features.ts";

/** A file that takes longer has left something open. An emulated processor takes its time. */
const FILE_TIMEOUT_MS = thisGuest === undefined ? 300_000 : 900_000;

/** What running one test file, or one check, came to. */
export interface Result {
  readonly name: string;
  readonly durationMs: number;
  readonly passed: number;
  readonly failures: readonly Finding[];
  readonly skips: readonly Finding[];
  /** skipped for the lack of something that another machine of the matrix has, or that none has (test/vm/features.ts) */
  readonly elsewhere: readonly Finding[];
  /** what tests say with `context.diagnostic`, such as measured figures */
  readonly notes: readonly string[];
  readonly output: string;
}

/** A failed test and its error, or a skipped one and the reason. */
export interface Finding {
  readonly test: string;
  readonly text: string;
}

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

interface Ended {
  readonly name: string;
  readonly nesting: number;
  readonly details: { readonly type?: string | undefined };
  readonly skip?: string | boolean | undefined;
  readonly todo?: string | boolean | undefined;
}

interface Failed extends Ended {
  readonly details: { readonly type?: string | undefined; readonly error: Error & { readonly failureType?: string } };
}

/** Counts a file's tests. node:test also reports suites, and the file itself by its path: those count only where they say something new. */
class Tally {
  readonly notes: string[] = [];
  output = "";
  #passed = 0;
  readonly #file: string;
  readonly #failures: Finding[] = [];
  readonly #skips: Finding[] = [];
  readonly #elsewhere: Finding[] = [];
  /** names of the tests and suites around the current one, outermost first */
  readonly #path: string[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  enter(nesting: number, name: string): void {
    this.#path.length = nesting;
    this.#path.push(name);
  }

  pass(ended: Ended): void {
    const reason = ended.skip ?? ended.todo;
    if (reason !== undefined && reason !== false) this.#skip({ test: this.#fullName(ended), text: skipReason(reason) });
    else if (ended.details.type !== "suite" && ended.name !== this.#file) this.#passed++;
  }

  fail(ended: Failed): void {
    if (ended.todo !== undefined) return this.pass(ended);
    const { error } = ended.details;
    // The test inside it has said so already.
    if (error.failureType === "subtestsFailed" && this.#failures.length > 0) return;
    this.#failures.push({ test: this.#fullName(ended), text: errorText(error.cause ?? error) });
  }

  result(durationMs: number): Result {
    const failures = [...this.#failures];
    if (this.#passed + failures.length + this.#skips.length + this.#elsewhere.length === 0)
      failures.push({ test: this.#file, text: "holds no test" });
    return {
      name: this.#file,
      durationMs,
      passed: this.#passed,
      failures,
      skips: this.#skips,
      elsewhere: this.#elsewhere,
      notes: this.notes,
      output: this.output,
    };
  }

  #skip(skip: Finding): void {
    const [, feature] = /^(\w+): /.exec(skip.text.startsWith(ELSEWHERE) ? skip.text.slice(ELSEWHERE.length) : "") ?? [];
    const kept = feature !== undefined && mayBeElsewhere(feature, thisGuest);
    (kept ? this.#elsewhere : this.#skips).push(skip);
  }

  #fullName({ nesting, name }: Ended): string {
    return [...this.#path.slice(0, nesting), name].join(" > ");
  }
}

/** The error without the stack frames that lie in Node itself. */
function errorText(cause: unknown): string {
  return typeof cause === "string" ? cause : inspect(cause).replaceAll(/^ +at .*\bnode:.*\n?/gm, "");
}

function skipReason(reason: string | true): string {
  return reason === true ? "no reason given" : reason;
}
