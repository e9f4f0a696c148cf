import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { answerAlways, impostor, onlyDaemon, runBeside } from "./impostor.ts";

/**
 * Three seconds are promised; the rest is for a busy host, where the program alone takes a second
 * to start.
 */
const GENEROUS_MS = 8_000;

const COMMANDS: readonly (readonly string[])[] = [
  ["status"],
  ["status", "some-rule"],
  ["alerts"],
  ["silence", "list"],
  ["silence", "add", "x=y", "--for", "1h"],
  ["drill", "some-rule"],
];

test("each command gives up soon if a process accepts and never answers", async (context) => {
  const { folder } = await impostor(context, () => undefined);
  for (const command of COMMANDS) {
    const { code, errors, tookMs } = await runBeside([...command, "--config", folder]);
    assert.equal(code, 1);
    assert.match(errors, /error: the daemon at ".*control\.sock" gave no answer within [\d.]+ s\n$/, command.join(" "));
    assert.ok(tookMs < GENEROUS_MS, `${command.join(" ")} took ${tookMs} ms`);
  }
});

test("an answer without end is given up", async (context) => {
  const { folder } = await impostor(context, (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
    const more = (): void => {
      while (!socket.destroyed && socket.write(" ".repeat(65_536)));
      if (!socket.destroyed) socket.once("drain", more);
    };
    more();
  });
  const { code, errors, tookMs } = await runBeside(["status", "--config", folder]);
  assert.equal(code, 1);
  assert.match(errors, /gave no answer(: it is longer than 64 MiB| within [\d.]+ s)/);
  assert.ok(tookMs < GENEROUS_MS, `took ${tookMs} ms`);
});

test("an answer that arrives a byte at a time is given up", async (context) => {
  const { folder } = await impostor(context, (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n{");
    const timer = setInterval(() => socket.write(" "), 100);
    socket.on("close", () => clearInterval(timer));
  });
  const { code, errors, tookMs } = await runBeside(["status", "--config", folder]);
  assert.equal(code, 1);
  assert.match(errors, /gave no answer within/);
  assert.ok(tookMs < GENEROUS_MS, `took ${tookMs} ms`);
});

test("with faulty settings the daemon is searched at its default socket", async (context) => {
  const { folder } = await impostor(context, (socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nno JSON"));
  writeFileSync(join(folder, "bpfwarden.yaml"), "actions: [\n");
  const { code, errors } = await runBeside(["status", "--config", folder]);
  assert.equal(code, 1);
  assert.match(errors, /the daemon gave an answer that cannot be read/);
});

const needsRoot = process.getuid?.() !== 0 && "needs root";

test(
  "without a folder, the only running daemon is asked and its folder is named",
  { skip: needsRoot },
  async (context) => {
    const place = await impostor(context, answerAlways({ alerts: [], omitted: 0 }));
    const guessed = await runBeside(["alerts"], onlyDaemon(place));
    assert.deepEqual([guessed.code, guessed.output], [0, "no alerts\n"]);
    assert.equal(guessed.errors, `bpfwarden: asks the only running daemon, of ${place.folder}\n`);
    const named = await runBeside(["alerts", "--config", place.folder], onlyDaemon(place));
    assert.deepEqual([named.code, named.output, named.errors], [0, "no alerts\n", ""]);
  },
);
