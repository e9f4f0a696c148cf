import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { type ControlClient, controlClient } from "../../../daemon/api/control-client.ts";
import type { DaemonProcess } from "./daemon-process.ts";
import { type Definitions, undescribedFields } from "./undescribed-fields.ts";
import { SLOWNESS } from "./wait-until.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** A bound against hanging, not a measurement. */
const TIMEOUT_MS = 20_000;

export interface Ran {
  readonly out: string;
  readonly errors: string;
  readonly code: number | null;
}

/**
 * Runs a command for a daemon, without blocking this process, in which the receiver is. Resolves
 * when it has ended.
 */
export async function bpfwarden(daemon: DaemonProcess, ...args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [join(ROOT, "daemon/main.ts"), ...args, "--config", daemon.folder]);
  const [out, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { out, errors, code };
}

/** A client of the daemon, which answers sooner than a command. */
export function clientOf(daemon: DaemonProcess): ControlClient {
  const timeoutMs = 60_000;
  return controlClient(join(daemon.folder, "state/control.sock"), {
    signal: AbortSignal.timeout(timeoutMs),
    timeoutMs,
  });
}

/** Asks until the answer satisfies, as `waitUntil`. */
export async function askUntil<Answer>(
  what: string,
  ask: () => Promise<Answer>,
  satisfies: (answer: Answer) => boolean,
): Promise<Answer> {
  const deadline = performance.now() + TIMEOUT_MS * SLOWNESS;
  for (;;) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`timed out waiting for ${what}: ${JSON.stringify(answer)}`);
    await sleep(20);
  }
}

/** Returns the JSON of a command, which must be as the schema says, with no field beside it. */
export async function checkedJson(
  daemon: DaemonProcess,
  definition: string,
  ...args: readonly string[]
): Promise<unknown> {
  const { out, errors } = await bpfwarden(daemon, ...args, "--json");
  if (out === "") throw new Error(errors);
  const answer: unknown = JSON.parse(out);
  checkAnswer(definition, answer);
  return answer;
}

function checkAnswer(definition: string, answer: unknown): void {
  const schema = JSON.parse(readFileSync(join(ROOT, "schemas/control.schema.json"), "utf8")) as {
    readonly $id: string;
    readonly $defs: Definitions;
  };
  const check = new Ajv2020({ strict: false })
    .addSchema(schema)
    .compile({ $ref: `${schema.$id}#/$defs/${definition}` });
  assert.ok(check(answer), JSON.stringify(check.errors));
  assert.deepEqual(undescribedFields(answer, schema.$defs[definition] ?? {}, schema.$defs), []);
}
