import { errorText } from "../../../bpf/source/error-text.ts";
import type { DeliveryTo, ReceiverContext, ReceiverDelivery } from "../../notify/deliver/receiver-delivery.ts";
import { tlsOptions } from "../../notify/deliver/tls-options.ts";
import { factMessages } from "../../notify/message/fact-messages.ts";
import type { Outcome } from "../../notify/queue/delivery.ts";
import type { Trouble } from "../../notify/queue/trouble.ts";
import type { SyslogSettings } from "./settings.ts";
import { syslogMessage } from "./syslog-message.ts";
import { type SyslogPlace, TRANSPORTS } from "./syslog-transport.ts";

/** Sends a message for each change and each record. A connection lasts for one delivery. */
export const receiverDelivery: ReceiverDelivery<SyslogSettings> = {
  async deliver(delivery, context, signal) {
    const { action } = delivery;
    const place = placeOf(action, context);
    const ending = AbortSignal.any([signal, AbortSignal.timeout(action.timeoutMs)]);
    try {
      await TRANSPORTS[action.transport](messagesOf(delivery, context), place, ending);
      return { ok: true };
    } catch (error) {
      return failed(error, action);
    }
  },
};

function messagesOf(delivery: DeliveryTo<SyslogSettings>, { labels, nowUnixMs }: ReceiverContext): readonly Buffer[] {
  const { id, action, content } = delivery;
  const messages = factMessages({ id, content }, labels, nowUnixMs());
  return messages.map((message) => syslogMessage(message, action, labels["instance"]));
}

/** Throws if a certificate or the key cannot be read, which is not the message's fault. */
function placeOf({ host, port, tls }: SyslogSettings, { readSecret }: ReceiverContext): SyslogPlace {
  return { host, port, ...(tls !== undefined && tlsOptions(tls, readSecret)) };
}

/** Codes about certificates, which somebody has to change (node:tls, OpenSSL). */
const SETUP = /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH)/;

function failed(error: unknown, { host, port, timeoutMs }: SyslogSettings): Outcome {
  const { name = "", code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const trouble: Trouble = SETUP.test(code ?? "") ? "setup" : "passing";
  const late = name === "TimeoutError" ? `not sent within ${timeoutMs} ms` : errorText(error);
  return { ok: false, trouble, error: `${host}:${port}: ${late}` };
}
