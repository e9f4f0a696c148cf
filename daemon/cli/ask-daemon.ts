import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { formatDiagnostics } from "../../bpf/source/format-diagnostic.ts";
import { controlClient, ControlError, type ControlClient } from "../api/control-client.ts";
import { hasErrno } from "../has-errno.ts";
import { readSettings } from "../settings/read-settings.ts";
import { decodeSource } from "../yaml/decode-source.ts";
import { fail } from "./host-trouble.ts";

/** How a command finds the daemon. */
export interface DaemonOptions {
  readonly config: string;
  readonly socket?: string;
}

export const CONFIG_OPTION = [
  "--config <folder>",
  "the daemon's, whose settings say where it listens",
  "/etc/bpfwarden",
] as const;
export const SOCKET_OPTION = ["--socket <path>", "where it listens, whatever its settings say"] as const;

/** Asks the running daemon; what cannot be answered is told with exit code 1. */
export async function askDaemon(options: DaemonOptions, ask: (client: ControlClient) => Promise<void>): Promise<void> {
  const path = options.socket ?? socketOf(resolve(options.config));
  if (path === undefined) return void (process.exitCode = 1);
  try {
    await ask(controlClient(path));
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    fail(error.message);
  }
}

/** Undefined where the settings are faulty, which has been told then. */
function socketOf(folder: string): string | undefined {
  const path = join(folder, "bpfwarden.yaml");
  const { result, diagnostics } = readSettings(sourceAt(path), folder, hostname());
  if (result !== undefined) return result.socket;
  console.error(formatDiagnostics(diagnostics, { color: process.stderr.isTTY }));
  return undefined;
}

function sourceAt(path: string): ReturnType<typeof decodeSource>["result"] {
  try {
    return decodeSource(path, readFileSync(path)).result;
  } catch (error) {
    // Without settings it listens where it does by default.
    if (hasErrno(error)) return undefined;
    throw error;
  }
}
