/** Steps that undo what a start has done, registered as it is done and run in the reverse order. */
export interface Teardown {
  /** The step runs once, on `run`. */
  add(name: string, step: () => void | Promise<void>): void;
  /**
   * Runs all steps, the last added first, each after the one before has ended, and empties the list. A step that fails keeps no other
   * from running. Once the time is up, no step is waited for any more: those left are started one after another.
   */
  run(): Promise<readonly TeardownFailure[]>;
}

export interface TeardownFailure {
  readonly step: string;
  readonly error: Error;
}

/** @param timeoutMs for all steps together */
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
  /** rejects once the time is up */
  readonly passed: Promise<never>;
  clear(): void;
}

function startDeadline(timeoutMs: number): Deadline {
  const { promise, reject } = Promise.withResolvers<never>();
  // Where all steps are quick nobody waits for it.
  promise.catch(() => undefined);
  const timer = setTimeout(() => reject(new Error(`not finished within ${timeoutMs} ms, given up`)), timeoutMs);
  return { passed: promise, clear: () => clearTimeout(timer) };
}
