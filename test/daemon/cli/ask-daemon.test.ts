import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";

const MAIN = join(import.meta.dirname, "../../../daemon/main.ts");
/**
 * Three seconds are promised; the rest is for a busy host, where the program alone takes a second
 * to start.
 */
const GENEROUS_MS = 8_000;

interface Ran {
  readonly errors: string;
  readonly code: number | null;
  readonly tookMs: number;
}

async function bpfwarden(...args: readonly string[]): Promise<Ran> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const [errors, [code]] = await Promise.all([
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
    text(child.stdout),
  ]);
  return { errors, code, tookMs: performance.now() - startedMs };
}

interface Place {
  readonly folder: string;
  readonly socket: string;
}

/** Something that listens where a daemon should, and does what `answer` does with who connects. */
async function impostor(context: TestContext, answer: (socket: Socket) => void): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-ask-"));
  mkdirSync(join(folder, "state"));
  const path = join(folder, "state/control.sock");
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket.on("error", () => undefined));
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  context.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });
  return { folder, socket: path };
}

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
    const { code, errors, tookMs } = await bpfwarden(...command, "--config", folder);
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
  const { code, errors, tookMs } = await bpfwarden("status", "--config", folder);
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
  const { code, errors, tookMs } = await bpfwarden("status", "--config", folder);
  assert.equal(code, 1);
  assert.match(errors, /gave no answer within/);
  assert.ok(tookMs < GENEROUS_MS, `took ${tookMs} ms`);
});

test("with faulty settings the daemon is searched at its default socket", async (context) => {
  const { folder } = await impostor(context, (socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nno JSON"));
  writeFileSync(join(folder, "bpfwarden.yaml"), "actions: [\n");
  const { code, errors } = await bpfwarden("status", "--config", folder);
  assert.equal(code, 1);
  assert.match(errors, /the daemon gave an answer that cannot be read/);
});
