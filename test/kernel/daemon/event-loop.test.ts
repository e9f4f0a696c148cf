import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { skipWithoutBpf } from "../privilege.ts";
import { DaemonProcess, type DaemonOptions } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";

/**
 * Each of these worked for 10 to 30 s on end before, which is 20 of these works and more; what is
 * bounded, or done in pieces, takes a few. How fast the machine is does not matter, nor what else
 * it does.
 */
const MOST_WORKS = 10;

/** Processor time in milliseconds for a piece of work that is always the same. */
function workMs(): number {
  const before = process.threadCpuUsage();
  let state = 1;
  for (let step = 0; step < 20_000_000; step++) state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
  assert.ok(state >= 0);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

function assertBounded(lagMs: number): void {
  const oneMs = Math.min(workMs(), workMs(), workMs());
  const works = lagMs / oneMs;
  assert.ok(
    works < MOST_WORKS,
    `the loop worked on end for ${lagMs} ms, ${works.toFixed(1)} times ${oneMs.toFixed(0)} ms`,
  );
}

/** A daemon that says how long its event loop worked on end. */
class WatchedDaemon implements AsyncDisposable {
  readonly daemon: DaemonProcess;
  readonly #folder: string;

  private constructor(daemon: DaemonProcess, folder: string) {
    this.daemon = daemon;
    this.#folder = folder;
  }

  static async start(options: Omit<DaemonOptions, "nodeFlags" | "environment">): Promise<WatchedDaemon> {
    const folder = mkdtempSync(join(tmpdir(), "bpfwarden-lag-"));
    const flags = ["--import", join(import.meta.dirname, "../support/report-lag.ts")];
    const daemon = await DaemonProcess.start({
      ...options,
      nodeFlags: flags,
      environment: { LAG_FILE: join(folder, "lag") },
    });
    return new WatchedDaemon(daemon, folder);
  }

  /** The longest work since the start or the last call. */
  async lagMs(): Promise<number> {
    await sleep(500);
    const lag = Number(await waitUntil("a report of the lag", () => readFileSync(join(this.#folder, "lag"), "utf8")));
    rmSync(join(this.#folder, "lag"));
    return lag;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }
}

const largeRule = (name: string, words: string): string =>
  `rule: ${name}\nprobe: interval:10s\naggregate: count()\ndescription: |\n${`  ${words}\n`.repeat(3700)}`;

suite("the event loop", { skip: skipWithoutBpf }, () => {
  test("does not block for a hundred files of 400 kB", async () => {
    await using watched = await WatchedDaemon.start({ rules: { "r.yaml": largeRule("r", "small") } });
    const { daemon } = watched;
    const line = "some words of a description that is long ".repeat(2);
    for (let index = 0; index < 100; index++)
      daemon.writeRule(`large-${index}.yaml`, largeRule(`large-${index}`, line));
    await waitUntil("all rules", () => /"rules":101,.*"msg":"reloaded"/.test(daemon.output), 120_000);
    const lagMs = await watched.lagMs();
    assertBounded(lagMs);
  });

  test("does not block for thousands of broken files", async () => {
    await using watched = await WatchedDaemon.start({ rules: { "r.yaml": largeRule("r", "small") } });
    const { daemon } = watched;
    for (let index = 0; index < 3000; index++) daemon.writeRule(`broken-${index}.yaml`, "rule: }");
    await waitUntil("the reload", () => /"faultyFiles":3000,.*"msg":"reloaded"/.test(daemon.output), 120_000);
    const lagMs = await watched.lagMs();
    assertBounded(lagMs);
  });

  test("does not block for a mail server's long answer", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end(`554 ${"https://a".repeat(50_000)}\r\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await using _ = { [Symbol.asyncDispose]: async () => void server.close() };
    const { port } = server.address() as { readonly port: number };
    await using watched = await WatchedDaemon.start({
      rules: { "r.yaml": "rule: r\nprobe: interval:1s\naggregate: count()\nwindow: 2s\nthreshold: value >= 0\n" },
      settings: `actions: {mail: {email: {to: [a@example.org], from: b@example.org}}}\nsmtp: {host: 127.0.0.1, port: ${port}, tls: none}\ndefaults: {action: mail}\n`,
    });
    await watched.daemon.until("a failed delivery", (output) => /"delivery":/.test(output));
    const lagMs = await watched.lagMs();
    assertBounded(lagMs);
  });
});
