import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { MAIN } from "./run-command.ts";

export interface Ran {
  readonly output: string;
  readonly errors: string;
  readonly code: number | null;
  readonly tookMs: number;
}

/** Runs `bpfwarden` without blocking this process, in which the impostor is. */
export async function runBeside(args: readonly string[], before: readonly string[] = []): Promise<Ran> {
  const startedMs = performance.now();
  const [command = process.execPath, ...rest] = [...before, process.execPath, MAIN, ...args];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
  const [errors, [code], output] = await Promise.all([
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
    text(child.stdout),
  ]);
  return { output, errors, code, tookMs: performance.now() - startedMs };
}

export interface Place {
  readonly folder: string;
  readonly socket: string;
}

/** Something that listens where a daemon should, and does what `answer` does with who connects. */
export async function impostor(context: TestContext, answer: (socket: Socket) => void): Promise<Place> {
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

/** For `impostor`: answers every request with the same JSON. */
export function answerAlways(report: unknown): (socket: Socket) => void {
  const body = JSON.stringify(report);
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
  return (socket) => void socket.once("data", () => socket.end(head + body));
}

/**
 * Returns what starts a command, as root, in a `/run` of its own, where the impostor is the only
 * daemon.
 */
export function onlyDaemon({ folder, socket }: Place): readonly string[] {
  const record = join(folder, "record.json");
  writeFileSync(record, JSON.stringify({ folder, socket, pid: process.pid }));
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  const script = `mount -t tmpfs -o mode=755 tmpfs /run && mkdir -m 700 /run/bpfwarden &&
cp "$1" /run/bpfwarden/daemon-${digest}.json && shift && exec "$@"`;
  return ["unshare", "--mount", "sh", "-c", script, "sh", record];
}
