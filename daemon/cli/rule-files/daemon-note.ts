import { controlClient, ControlError } from "../../api/control-client.ts";
import { daemonRecordOf } from "../../service/daemon-record.ts";

const PATIENCE_MS = 1_500;

/** Says when a change of the files in a configuration folder applies. */
export async function daemonNote(folder: string): Promise<string> {
  const record = daemonRecordOf(folder);
  const isRunning = record !== undefined && (await answers(record.socket));
  return isRunning
    ? `the running daemon (process ${record.pid}) reads the change at once; "bpfwarden status" shows the result`
    : `no daemon runs with ${folder}: the change applies when one starts`;
}

async function answers(socket: string): Promise<boolean> {
  try {
    const patience = { timeoutMs: PATIENCE_MS, signal: AbortSignal.timeout(PATIENCE_MS) };
    await controlClient(socket, patience).ping();
    return true;
  } catch (error) {
    if (error instanceof ControlError) return false;
    throw error;
  }
}
