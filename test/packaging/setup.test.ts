import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite, test } from "node:test";
import { DAEMON_FLAGS } from "../../packaging/setup/daemon-runtime.mjs";
import { isStale } from "../../packaging/setup/dependencies.mjs";
import { findRuntime, isNewEnough } from "../../packaging/setup/runtime.mjs";

const child = new URL("../../packaging/setup/child.mjs", import.meta.url).href;

/**
 * Runs `script` the way a set-up script runs the daemon, and gives what it printed and how the
 * set-up script ended.
 */
async function runInPlace(
  script: string,
  signal?: NodeJS.Signals,
): Promise<{ readonly code: unknown; readonly output: string; readonly errors: string }> {
  const wrapper = `import { runInPlace } from ${JSON.stringify(child)};
    process.exitCode = await runInPlace(process.execPath, ["-e", ${JSON.stringify(script)}]);`;
  const setup = spawn(process.execPath, ["--input-type=module", "-e", wrapper], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  setup.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  setup.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (signal !== undefined && output === "up\n") setup.kill(signal);
  });
  const [code] = (await once(setup, "close")) as unknown[];
  return { code, output, errors };
}

suite("a program run in place of the set-up script", () => {
  test("passes on its exit code", async () => {
    assert.deepEqual(await runInPlace("process.exitCode = 7"), { code: 7, output: "", errors: "" });
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    test(`gets ${signal}`, async () => {
      const script = `process.on("${signal}", () => { console.log("got it"); process.exit(3); }); console.log("up"); setInterval(() => {}, 1000);`;
      assert.deepEqual(await runInPlace(script, signal), {
        ...{ code: 3, output: "up\ngot it\n", errors: "" },
      });
    });
  }

  test("has a set-up script beside it whose debugger SIGUSR1 does not open", async () => {
    const script = `process.kill(process.ppid, "SIGUSR1"); setTimeout(() => {}, 500);`;
    const { code, errors } = await runInPlace(script);
    assert.deepEqual({ code, errors }, { code: 0, errors: "" });
  });

  test("ended by a signal, gives 128 and its number", async () => {
    assert.equal((await runInPlace("process.kill(process.pid, 'SIGKILL')")).code, 137);
  });

  test("has its own Node first on the PATH", async () => {
    const { output } = await runInPlace("console.log(process.env.PATH.split(':')[0])");
    assert.equal(output.trim(), dirname(process.execPath));
  });
});

/** Runs Node.js with flags on a script that sends itself SIGUSR1, and gives what it printed. */
function afterDebuggerSignal(flags: readonly string[]): string {
  const script = `process.kill(process.pid, "SIGUSR1"); setTimeout(() => console.log("still here"), 500);`;
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, "-e", script], { encoding: "utf8" });
  return stdout + stderr;
}

suite("Node's debugger", () => {
  test("is not opened by SIGUSR1 in the daemon", () => {
    assert.match(afterDebuggerSignal([]), /Debugger listening/);
    assert.equal(afterDebuggerSignal(DAEMON_FLAGS), "still here\n");
  });

  for (const path of ["packaging/bpfwarden", "packaging/package/bpfwarden", "packaging/bpfwarden.service"]) {
    test(`is not opened in processes that ${path} starts`, () => {
      const lines = readFileSync(path, "utf8").split("\n");
      const starts = lines.filter((line) => /daemon\/(?:bundle\/main\.js|main\.ts)/.test(line));
      assert.ok(starts.length > 0 && starts.every((line) => line.includes("--disable-sigusr1")));
    });
  }

  test("is not opened by any process of Node's that the program starts", () => {
    const files = ["bpf", "daemon"].flatMap((folder) =>
      globSync(`${folder}/**/*.ts`, { exclude: ["**/node_modules/**"] }),
    );
    const starting = files.filter((file) => /\bspawn\(\s*process\.execPath/.test(readFileSync(file, "utf8")));
    assert.ok(starting.length > 0);
    for (const file of starting) assert.match(readFileSync(file, "utf8"), /"--disable-sigusr1"/, file);
  });
});

test("npm packages are installed if they are missing or older than the lock file", () => {
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
