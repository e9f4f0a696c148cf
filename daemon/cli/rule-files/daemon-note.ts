import { visible } from "../../../bpf/source/visible.ts";
import { controlClient, ControlError, NoListener } from "../../api/control-client.ts";
import { daemonRecordOf } from "../../service/daemon-record.ts";

const PATIENCE_MS = 1_500;

/** Says when a change of the files in a configuration folder applies. */
export async function daemonNote(folder: string): Promise<string> {
  const record = daemonRecordOf(folder);
  const standing = record === undefined ? "absent" : await standingOf(record.socket);
  if (record === undefined || standing === "absent")
    return `no daemon runs with ${visible(folder)}: the change applies when one starts`;
  return standing === "answers"
    ? `the running daemon (process ${record.pid}) reads the change at once; "bpfwarden status" shows the result`
    : `the daemon (process ${record.pid}) does not answer: it reads the change when it can; "bpfwarden status" says more`;
}

async function standingOf(socket: string): Promise<"answers" | "silent" | "absent"> {
  try {
    const patience = { timeoutMs: PATIENCE_MS, signal: AbortSignal.timeout(PATIENCE_MS) };
    await controlClient(socket, patience).ping();
    return "answers";
  } catch (error) {
    if (error instanceof NoListener) return "absent";
    if (error instanceof ControlError) return "silent";
    throw error;
  }
}
