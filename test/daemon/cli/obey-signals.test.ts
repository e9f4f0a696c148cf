import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { obeySignals } from "../../../daemon/cli/obey-signals.ts";
import type { Daemon } from "../../../daemon/daemon.ts";
import { createLogger } from "../../../daemon/service/logger.ts";

/** The calls that signals cause; `start` ends the daemon's start. */
function observed(): { signals: EventEmitter; told: readonly string[]; start: () => void } {
  const signals = new EventEmitter();
  const told: string[] = [];
  const tell = (what: string) => (): Promise<void> => Promise.resolve(void told.push(what));
  const { promise: started, resolve } = Promise.withResolvers<Daemon>();
  const logger = createLogger({ level: "error", format: "json", write: () => undefined });
  obeySignals({ signals, started, logger, endWithin: () => undefined, exit: () => void told.push("exit") });
  return { signals, told, start: () => resolve({ reload: tell("reload"), stop: tell("stop") }) };
}

/** Resolves when all that waits for nothing outside is done. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test("signals during the start are handled after it, and a second stop signal changes nothing", async () => {
  const { signals, told, start } = observed();
  for (const signal of ["SIGHUP", "SIGTERM", "SIGINT", "SIGTERM"]) signals.emit(signal);
  await settled();
  assert.deepEqual(told, []);
  start();
  await settled();
  assert.deepEqual(told, ["reload", "stop", "exit"]);
});

test("SIGHUP reloads each time, SIGINT stops", async () => {
  const { signals, told, start } = observed();
  start();
  for (const signal of ["SIGHUP", "SIGHUP"]) signals.emit(signal);
  await settled();
  assert.deepEqual(told, ["reload", "reload"]);
  signals.emit("SIGINT");
  await settled();
  assert.deepEqual(told.slice(2), ["stop", "exit"]);
});
