import { EMAIL } from "./email.ts";
import { LOG } from "./log.ts";
import { WEBHOOK } from "./webhook.ts";

/** All kinds of receivers, by their keys in an action. */
export const RECEIVER_KINDS = { webhook: WEBHOOK, email: EMAIL, log: LOG } as const;

/** The settings of one receiver. */
export type ReceiverSettings = ReturnType<(typeof RECEIVER_KINDS)[keyof typeof RECEIVER_KINDS]["read"]>;
