/** The steps that undo a start. They are registered during the start and run in reverse order. */
export interface Teardown {
  /** Adds a step. It runs once, in `run`. */
  add(name: string, step: () => void | Promise<void>): void;
  /**
   * Runs all steps, the last added first, one after another, and empties the list. A step that
   * fails does not prevent the others. After the timeout no step is waited for: the remaining steps
   * are started one after another.
   */
  run(): Promise<readonly TeardownFailure[]>;
}

export interface TeardownFailure {
  readonly step: string;
  readonly error: Error;
}

/** @param timeoutMs the time for all steps together */
export function createTeardown(timeoutMs: number): Teardown {
  const steps: { readonly name: string; readonly step: () => void | Promise<void> }[] = [];
  return {
    add: (name, step) => void steps.push({ name, step }),
    async run() {
      const failures: TeardownFailure[] = [];
      const deadline = startDeadline(timeoutMs);
      for (const { name, step } of steps.splice(0).toReversed()) {
        try {
          await Promise.race([Promise.resolve(step()), deadline.passed]);
        } catch (error) {
          failures.push({ step: name, error: error instanceof Error ? error : new Error(String(error)) });
        }
      }
      deadline.clear();
      return failures;
    },
  };
}

interface Deadline {
  /** rejects after the timeout */
  readonly passed: Promise<never>;
  clear(): void;
}

function startDeadline(timeoutMs: number): Deadline {
  const { promise, reject } = Promise.withResolvers<never>();
  // Nobody waits for it if all steps are quick.
  promise.catch(() => undefined);
  const timer = setTimeout(() => reject(new Error(`not finished within ${timeoutMs} ms`)), timeoutMs);
  return { passed: promise, clear: () => clearTimeout(timer) };
}
