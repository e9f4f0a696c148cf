import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { suite, test } from "node:test";
import { isStale } from "../../packaging/setup/dependencies.mjs";
import { findRuntime, isNewEnough } from "../../packaging/setup/runtime.mjs";

const child = new URL("../../packaging/setup/child.mjs", import.meta.url).href;

/** Runs `script` the way a set-up script runs the daemon, and gives what it printed and how the set-up script ended. */
async function runInPlace(
  script: string,
  signal?: NodeJS.Signals,
): Promise<{ readonly code: unknown; readonly output: string }> {
  const wrapper = `import { runInPlace } from ${JSON.stringify(child)};
    process.exitCode = await runInPlace(process.execPath, ["-e", ${JSON.stringify(script)}]);`;
  const setup = spawn(process.execPath, ["--input-type=module", "-e", wrapper], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  setup.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (signal !== undefined && output === "up\n") setup.kill(signal);
  });
  const [code] = (await once(setup, "close")) as unknown[];
  return { code, output };
}

suite("a program run in place of the set-up script", () => {
  test("passes its exit code on", async () => {
    assert.deepEqual(await runInPlace("process.exitCode = 7"), { code: 7, output: "" });
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    test(`gets ${signal}`, async () => {
      const script = `process.on("${signal}", () => { console.log("got it"); process.exit(3); }); console.log("up"); setInterval(() => {}, 1000);`;
      assert.deepEqual(await runInPlace(script, signal), { code: 3, output: "up\ngot it\n" });
    });
  }

  test("ended by a signal, gives 128 and its number", async () => {
    assert.equal((await runInPlace("process.kill(process.pid, 'SIGKILL')")).code, 137);
  });

  test("has its own Node first on the PATH", async () => {
    const { output } = await runInPlace("console.log(process.env.PATH.split(':')[0])");
    assert.equal(output.trim(), dirname(process.execPath));
  });
});

test("npm packages are installed where they are missing or older than the lock file", () => {
  assert.equal(isStale(undefined, 10), true);
  assert.equal(isStale(9, 10), true);
  assert.equal(isStale(10, 10), false);
});

test("the runtime is the pinned one", () => {
  assert.equal(findRuntime(), join(process.cwd(), "node_modules", `node-linux-${process.arch}`, "bin", "node"));
});

test("a Node that needs the pinned one to run npm", () => {
  assert.deepEqual(["18.20.8", "22.1.0", "24.0.0", "26.10.0"].map(isNewEnough), [false, false, true, true]);
});
