/** The kind of trouble that prevented a delivery. */
export type Trouble = "passing" | "setup" | "message";

/** The way in which a message that failed is tried again. */
export interface RetryPlan {
  /** the longest pause after the first failure; it doubles with each further one */
  readonly firstMs: number;
  readonly longestMs: number;
  /** a message that has waited this long is given up, and becomes a dead letter */
  readonly giveUpAfterMs: number;
}

const HOUR_MS = 3_600_000;

/**
 * `passing`: a network, an overload, a restart of the receiver; it ends by itself. `setup`: the
 * receiver refuses us, whatever we send: a token, a password, a URL or an ingress that somebody is
 * changing, perhaps. `message`: just this message is refused.
 */
export const RETRY_PLANS: { readonly [Each in Trouble]: RetryPlan } = {
  passing: { firstMs: 1_000, longestMs: 300_000, giveUpAfterMs: 24 * HOUR_MS },
  setup: { firstMs: 5_000, longestMs: 300_000, giveUpAfterMs: 6 * HOUR_MS },
  message: { firstMs: 0, longestMs: 0, giveUpAfterMs: 0 },
};

/**
 * Statuses of HTTP (RFC 9110 §15, RFC 8470 for 425) that differ from the rule: 5xx is `passing`,
 * 4xx is `message`.
 */
const HTTP_TROUBLE: ReadonlyMap<number, Trouble> = new Map([
  [401, "setup"],
  [402, "setup"],
  [403, "setup"],
  [404, "setup"],
  [405, "setup"],
  [407, "setup"],
  [408, "passing"],
  [410, "setup"],
  [421, "setup"],
  [422, "setup"],
  [423, "setup"],
  [424, "setup"],
  [425, "setup"],
  [426, "setup"],
  [429, "passing"],
  [451, "setup"],
  [511, "setup"],
]);

/**
 * Returns the trouble that a status of HTTP means.
 *
 * @param status of an answer that is not 2xx; redirects, which are not followed, are a change of
 *   the URL
 */
export function troubleOfHttp(status: number): Trouble {
  return HTTP_TROUBLE.get(status) ?? (status >= 500 ? "passing" : status >= 400 ? "message" : "setup");
}

/**
 * Statuses with which a receiver asks for a pause of all messages, not just of the one that it
 * answers (RFC 9110 §15.6.4, RFC 6585 §4).
 */
export const BUSY_STATUSES: ReadonlySet<number> = new Set([429, 503]);

/**
 * Commands of SMTP that carry one message and its recipients. A refusal of another command affects
 * every message.
 */
const MESSAGE_COMMANDS: ReadonlySet<string> = new Set(["MAIL FROM", "RCPT TO", "DATA"]);
/**
 * Codes about authentication and encryption, whatever command they answer (RFC 4954 §6, RFC 3207
 * §4).
 */
const SMTP_SETUP_CODES: ReadonlySet<number> = new Set([530, 534, 535, 538]);

/**
 * Returns the trouble that an answer of SMTP means.
 *
 * @param command the command that was answered, or was to be sent
 * @param code SMTP's (RFC 5321 §4.2.1); undefined if there was no answer
 */
export function troubleOfSmtp(command: string | undefined, code: number | undefined): Trouble {
  if (code === undefined || code < 500) return "passing";
  if (SMTP_SETUP_CODES.has(code)) return "setup";
  return command !== undefined && MESSAGE_COMMANDS.has(command) ? "message" : "setup";
}
