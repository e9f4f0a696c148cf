import type { SmtpSettings } from "../settings/settings.ts";

/** One mail as plain text; `to` are the recipients of this attempt. */
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

/** Sends one mail and resolves to the refused ones of its recipients; rejects with nodemailer's errors. */
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
 * nodemailer over SMTP. `opportunistic` takes any certificate, as mail servers do among themselves (RFC 7435): who can forge one
 * could as well hide that TLS is offered. Text from outside can name no file and no URL to be read into a mail.
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
    async send({ to, references, ...mail }, signal) {
      // Loaded with the first mail: it and the TLS that it brings take 13 MB, which most hosts can do without.
      const { createTransport } = await import("nodemailer");
      const transport = createTransport(options);
      const message = { ...mail, to: [...to], references: [...references], headers: HEADERS, signal };
      const { rejected, rejectedErrors = [] } = await transport.sendMail(message);
      return rejected.map((recipient, index) => refusal(recipient, rejectedErrors[index]));
    },
  };
}

function refusal(
  recipient: string,
  error: { responseCode?: number | undefined; response?: string | undefined } | undefined,
): Refusal {
  return { recipient, code: error?.responseCode, text: error?.response ?? "refused" };
}
