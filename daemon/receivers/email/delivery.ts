import { errorText } from "../../../bpf/source/error-text.ts";
import { mailboxOf } from "../../settings/values/mailbox.ts";
import type { Failure, Outcome } from "../../notify/queue/delivery.ts";
import { dkimOptions } from "./dkim.ts";
import { mailOf } from "./mail-text.ts";
import { openMailTransport, type Refusal } from "./mail-transport.ts";
import { findProgress, forgetProgress, keepProgress, type Progress, progressText } from "./progress.ts";
import type { EmailSettings } from "./settings.ts";
import type { DeliveryTo, ReceiverContext, ReceiverDelivery } from "../../notify/deliver/receiver-delivery.ts";
import { tlsOptions } from "../../notify/deliver/tls-options.ts";
import { type Trouble, troubleOfSmtp } from "../../notify/queue/trouble.ts";

/**
 * Sends one mail a delivery. `troubleOfSmtp` says what a refusal means. If a server takes some
 * recipients and refuses others, another attempt goes only to those that it refused for now.
 */
export const receiverDelivery: ReceiverDelivery<EmailSettings> = { deliver };

async function deliver(
  delivery: DeliveryTo<EmailSettings>,
  context: ReceiverContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const { smtp } = context;
  const password = smtp.password === undefined ? undefined : context.readSecret(smtp.password);
  const tls = smtp.certificates === undefined ? {} : tlsOptions(smtp.certificates, context.readSecret);
  const dkim = smtp.dkim && dkimOptions(smtp.dkim, context.readSecret);
  const progress = findProgress(delivery);
  const text = textOf(delivery, context);
  if ("ok" in text) return text;
  const mail = { ...text, to: progress.waiting };
  try {
    const refusals = await openMailTransport({ smtp, password, tls, ...(dkim && { dkim }) }).send(mail, signal);
    return settle(delivery, progress, refusals);
  } catch (error) {
    return failed(error);
  }
}

function textOf(
  delivery: DeliveryTo<EmailSettings>,
  { labels, checkpoints }: ReceiverContext,
): ReturnType<typeof mailOf> | Failure {
  try {
    return mailOf(delivery, delivery.action.from, labels, checkpoints);
  } catch (error) {
    return { ok: false, trouble: "message", error: `the message cannot be built: ${errorText(error)}` };
  }
}

function settle(delivery: DeliveryTo<EmailSettings>, { refused }: Progress, refusals: readonly Refusal[]): Outcome {
  const all = [...refused, ...refusals.filter((refusal) => !isTemporary(refusal))];
  const waiting = refusals.filter(isTemporary);
  if (waiting.length === 0) forgetProgress(delivery);
  if (waiting.length > 0) {
    const left = { waiting: waiting.map(({ recipient }) => spelled(recipient, delivery)), refused: all };
    keepProgress(delivery, left);
    const remember = progressText(delivery, left);
    const failure = { ok: false, trouble: refusedAs(waiting), error: describe([...all, ...waiting]) } as const;
    return { ...failure, ...(remember !== undefined && { remember }) };
  }
  if (all.length === addressesOf(delivery).size) return { ok: false, trouble: "message", error: describe(all) };
  return all.length === 0 ? { ok: true } : { ok: true, warning: describe(all) };
}

const addressesOf = ({ action }: DeliveryTo<EmailSettings>): ReadonlySet<string> =>
  new Set(action.to.map((text) => mailboxOf(text).address));

/** Returns a recipient as the settings have it, with its name. */
function spelled(recipient: string, { action }: DeliveryTo<EmailSettings>): string {
  return action.to.find((text) => mailboxOf(text).address === recipient) ?? recipient;
}

function isTemporary({ code }: Refusal): boolean {
  return troubleOfSmtp("RCPT TO", code) !== "message";
}

function refusedAs(refusals: readonly Refusal[]): Trouble {
  return refusals.every(({ code }) => troubleOfSmtp("RCPT TO", code) === "setup") ? "setup" : "passing";
}

function describe(refusals: readonly Refusal[]): string {
  return refusals.map(({ recipient, text }) => `${recipient}: ${text}`).join("; ");
}

/** The fields that nodemailer's errors may have; without SMTP's code the trouble was on the way. */
interface SmtpError {
  readonly code?: unknown;
  readonly command?: unknown;
  readonly responseCode?: unknown;
}

/**
 * Codes of nodemailer for faults before the server has answered: credentials, a missing TLS, or the
 * message.
 */
const CODES: ReadonlyMap<unknown, Trouble> = new Map([
  ["EAUTH", "setup"],
  ["ENOAUTH", "setup"],
  ["ETLS", "setup"],
  ["EENVELOPE", "message"],
  ["EMESSAGE", "message"],
]);

function failed(error: unknown): Outcome {
  const { code, command, responseCode } = error instanceof Error ? (error as SmtpError) : ({} satisfies SmtpError);
  const answer = typeof responseCode === "number" ? responseCode : undefined;
  const trouble = troubleOfSmtp(typeof command === "string" ? command : undefined, answer);
  return { ok: false, trouble: answer === undefined ? (CODES.get(code) ?? trouble) : trouble, error: errorText(error) };
}
