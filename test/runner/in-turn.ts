// The program that runs the test files named by its arguments, one after the other.
import { resolve } from "node:path";
import { after, suite, test } from "node:test";

/** A file that takes longer has left something open. An emulated processor takes its time. */
const FILE_TIMEOUT_MS = 600_000;
/**
 * A test that fails may leave something open, such as a child. Once all tests are over, that does
 * not keep the process any longer; its results are out by then.
 */
const LEFT_OPEN_MS = 5_000;

for (const file of process.argv.slice(2)) {
  // A suite, because its tests begin when the file is loaded, as they do where it has a process of
  // its own.
  const ended = Promise.withResolvers<void>();
  void suite(file, { timeout: FILE_TIMEOUT_MS }, async () => {
    after(() => ended.resolve());
    try {
      await import(resolve(file));
    } catch (error) {
      void test("the file is loaded", () => {
        throw error;
      });
    }
  });
  await ended.promise;
}
setTimeout(() => process.exit(), LEFT_OPEN_MS).unref();
