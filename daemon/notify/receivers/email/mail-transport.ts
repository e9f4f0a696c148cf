import { mailboxOf } from "../../../settings/mailbox.ts";
import type { SmtpSettings } from "../../../settings/settings.ts";

/**
 * One mail as plain text; `to` are the recipients of this attempt, and they and the sender are
 * spelled as in the settings.
 */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
  readonly inReplyTo?: string;
  readonly references: readonly string[];
}

/** What a server said of one recipient that it refused; `code` is SMTP's, where there is one. */
export interface Refusal {
  readonly recipient: string;
  readonly code: number | undefined;
  readonly text: string;
}

/**
 * Sends one mail and resolves to the refused ones of its recipients, be they all; rejects with
 * nodemailer's errors, and with an AbortError as soon as the signal is aborted.
 */
export interface MailTransport {
  send(mail: Mail, signal: AbortSignal): Promise<readonly Refusal[]>;
}

export interface MailTransportOptions {
  readonly smtp: SmtpSettings;
  readonly password: string | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;

/** RFC 3834: no out-of-office answers, please. */
const HEADERS = { "Auto-Submitted": "auto-generated" };

/**
 * nodemailer over SMTP. `opportunistic` takes any certificate, as mail servers do among themselves
 * (RFC 7435): who can forge one could as well hide that TLS is offered. Text from outside can name
 * no file and no URL to be read into a mail.
 */
export function openMailTransport({ smtp, password }: MailTransportOptions): MailTransport {
  const options = {
    host: smtp.host,
    port: smtp.port,
    secure: smtp.tls === "implicit",
    ignoreTLS: smtp.tls === "none",
    requireTLS: smtp.tls === "required",
    opportunisticTLS: smtp.tls === "opportunistic",
    tls: { rejectUnauthorized: smtp.tls !== "opportunistic" },
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: IDLE_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(smtp.user === undefined ? {} : { auth: { user: smtp.user, pass: password ?? "" } }),
  };
  return {
    async send({ from, to, references, ...mail }, signal) {
      // Loaded with the first mail: it and the TLS that it brings take 13 MB, which most hosts can
      // do without.
      const { createTransport } = await import("nodemailer");
      const transport = createTransport(options);
      const mailboxes = { from: mailboxOf(from), to: to.map(mailboxOf) };
      const message = { ...mail, ...mailboxes, references: [...references], headers: HEADERS, signal };
      return refusalsOf(await transport.sendMail(message).catch(allRefused));
    },
  };
}

interface SmtpAnswer {
  readonly responseCode?: number | undefined;
  readonly response?: string | undefined;
}

/** What nodemailer says of recipients, in its result and, where all were refused, in its error. */
interface Rejections {
  readonly rejected: readonly string[];
  readonly rejectedErrors?: readonly SmtpAnswer[] | undefined;
}

/** The one answer that the error itself carries is that of one recipient: the others' may differ. */
function allRefused(error: unknown): Rejections {
  if (error instanceof Error && "rejected" in error && "rejectedErrors" in error) return error as unknown as Rejections;
  throw error;
}

function refusalsOf({ rejected, rejectedErrors = [] }: Rejections): readonly Refusal[] {
  return rejected.map((recipient, index) => {
    const { responseCode, response = "refused" } = rejectedErrors[index] ?? {};
    return { recipient, code: responseCode, text: response };
  });
}
