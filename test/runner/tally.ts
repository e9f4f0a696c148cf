import { inspect } from "node:util";
import { ELSEWHERE, mayBeElsewhere, thisGuest } from "../vm/features.ts";

/** The result of one test file, or of one check. */
export interface Result {
  readonly name: string;
  readonly durationMs: number;
  readonly passed: number;
  readonly failures: readonly Finding[];
  readonly skips: readonly Finding[];
  /**
   * skipped for the lack of something that another machine of the matrix has, or that none has
   * (test/vm/features.ts)
   */
  readonly elsewhere: readonly Finding[];
  /** what tests say with `context.diagnostic`, such as measured figures */
  readonly notes: readonly string[];
  readonly output: string;
  /** the tests that failed at a first try, of a file that was run again */
  readonly failedFirst?: readonly string[];
}

/** A failed test and its error, or a skipped one and the reason. */
export interface Finding {
  readonly test: string;
  readonly text: string;
}

/** The event of node:test for a test that passed or was skipped. */
export interface Ended {
  readonly name: string;
  readonly nesting: number;
  readonly details: { readonly type?: string | undefined; readonly duration_ms: number };
  readonly skip?: string | boolean | undefined;
  readonly todo?: string | boolean | undefined;
}

/** The event of node:test for a test that failed. */
export interface Failed extends Ended {
  readonly details: Ended["details"] & { readonly error: Error & { readonly failureType?: string } };
}

/**
 * Counts a file's tests. node:test also reports suites, and the file itself by its path: those
 * count only where they say something new.
 */
export class Tally {
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

  /**
   * Takes the file for failed without one of its tests: its process did not come to it, or not to
   * its end.
   */
  miss(text: string): void {
    this.#failures.push({ test: this.#file, text });
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
