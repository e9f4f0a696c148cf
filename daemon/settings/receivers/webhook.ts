import { durationMs } from "../../yaml/quantity.ts";
import { textOf, valueOf } from "../../yaml/yaml-node.ts";
import { type Fault, urlFault } from "../host-fault.ts";
import { otherApi } from "../other-apis.ts";
import { parseSecret, type Secret } from "../secret.ts";
import { checkText, type ReceiverKind } from "./receiver-kind.ts";

export interface WebhookSettings {
  readonly kind: "webhook";
  readonly url: Secret;
  readonly timeoutMs: number;
}

export const WEBHOOK: ReceiverKind<WebhookSettings> = {
  read: (node, { folder }) => ({
    kind: "webhook",
    url: parseSecret(textOf(valueOf(node, "url")) ?? "", folder),
    timeoutMs: durationMs(textOf(valueOf(node, "timeout")) ?? "10s"),
  }),
  check: (node) => checkText(valueOf(node, "url"), webhookFault),
};

/** A URL outside the settings may have changed by the time it is used. */
function webhookFault(text: string): Fault | undefined {
  if (!/^https?:\/\//i.test(text) || parseSecret(text, "/").from !== "plain") return undefined;
  const fault = urlFault(text);
  const url = URL.parse(text);
  return fault ?? (url === null ? undefined : otherApi(url));
}
