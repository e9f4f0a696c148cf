import { errorText } from "../../../bpf/source/error-text.ts";
import { cutVisible, visibleText } from "../../../bpf/source/visible.ts";
import type { ReceiverDelivery } from "../../notify/deliver/receiver-delivery.ts";
import type { Outcome } from "../../notify/queue/delivery.ts";
import { programFault } from "../../rules/safe-program.ts";
import { currentTrust } from "../../rules/trust.ts";
import { type ProgramEnd, runProgram } from "../../service/run-program.ts";
import { jsonLine } from "../../text/json-line.ts";
import { webhookBody } from "../webhook/webhook-body.ts";
import type { ExecSettings } from "./settings.ts";

/**
 * Runs the program once for each delivery. An exit with 0 means that it has taken the message; any
 * other end is tried again, as a 5xx is. What an alert quotes reaches it as JSON on its standard
 * input only.
 */
export const receiverDelivery: ReceiverDelivery<ExecSettings> = {
  async deliver(delivery, { labels }, signal) {
    const { id, action } = delivery;
    const { program, args, timeoutMs } = action;
    const fault = action.isAllowed
      ? programFault(program, currentTrust())
      : "the settings do not allow programs: allow_exec";
    if (fault !== undefined) return { ok: false, trouble: "setup", error: `${program}: ${fault}` };
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const end = await runProgram({
        ...{ path: program, args, input: `${jsonLine(webhookBody(delivery, labels))}\n` },
        ...{ environment: environmentOf(id, action.name), name: `bpfwarden-exec-${process.pid}-${runs++}` },
        signal: AbortSignal.any([signal, limit]),
      });
      return outcomeOf(end, action, limit.aborted);
    } catch (error) {
      return { ok: false, trouble: "passing", error: `${program}: ${errorText(error)}` };
    }
  },
};

/** A number for each run of this process. */
let runs = 0;

/** The whole environment of a program. */
function environmentOf(id: string, action: string): Readonly<Record<string, string>> {
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ...{ HOME: "/", LANG: "C.UTF-8", BPFWARDEN_ACTION: action, BPFWARDEN_ID: id },
  };
}

function outcomeOf(
  { code, signal, errors }: ProgramEnd,
  { program, timeoutMs }: ExecSettings,
  isLate: boolean,
): Outcome {
  if (code === 0) return { ok: true };
  const how = isLate
    ? `was killed after ${timeoutMs} ms`
    : code === null
      ? `was ended by ${signal}`
      : `ended with ${code}`;
  const lines = firstLines(errors);
  return { ok: false, trouble: "passing", error: `${program} ${how}${lines === "" ? "" : `: ${lines}`}` };
}

const LINES = 3;
const LINE_CHARACTERS = 300;

/** Returns the first lines that a program wrote, which may quote anyone, as one line. */
function firstLines(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines
    .slice(0, LINES)
    .map((line) => cutVisible(visibleText(line), LINE_CHARACTERS))
    .join("; ");
}
