import type { Socket } from "node:net";
import type { Attachment } from "nodemailer";
import { mailboxOf } from "../../settings/values/mailbox.ts";
import type { SmtpSettings } from "../../settings/settings.ts";
import type { TlsOptions } from "../../notify/deliver/tls-options.ts";
import type { DkimOptions } from "./dkim.ts";
import { connectToMailServer } from "./mail-socket.ts";

/**
 * One mail: the same as plain text and as HTML. `to` are the recipients of this attempt. They and
 * the sender are spelled as in the settings.
 */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly pictures: readonly Picture[];
  readonly messageId: string;
  readonly inReplyTo?: string;
  readonly references: readonly string[];
}

/** A picture that the HTML shows by its id. */
export interface Picture {
  readonly id: string;
  readonly name: string;
  readonly png: Buffer;
}

/**
 * The answer of a server about one recipient that it refused; `code` is SMTP's, if there is one.
 */
export interface Refusal {
  readonly recipient: string;
  readonly code: number | undefined;
  readonly text: string;
}

/**
 * Sends one mail. Resolves to the recipients that were refused, even if all were. Rejects with
 * nodemailer's errors, and with an AbortError as soon as the signal is aborted.
 */
export interface MailTransport {
  send(mail: Mail, signal: AbortSignal): Promise<readonly Refusal[]>;
}

export interface MailTransportOptions {
  readonly smtp: SmtpSettings;
  readonly password: string | undefined;
  /** certificates of one's own */
  readonly tls?: TlsOptions;
  readonly dkim?: DkimOptions;
}

const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;

/** Asks for no out-of-office answers (RFC 3834). */
const HEADERS = { "Auto-Submitted": "auto-generated" };

/**
 * Opens nodemailer over SMTP. `opportunistic` takes any certificate, as mail servers do among
 * themselves (RFC 7435): an attacker who can forge a certificate could as well hide that TLS is
 * offered. Text from outside cannot name a file or a URL to be read into a mail.
 */
export function openMailTransport({ smtp, password, tls, dkim }: MailTransportOptions): MailTransport {
  const options = {
    host: smtp.host,
    port: smtp.port,
    secure: smtp.tls === "implicit",
    ignoreTLS: smtp.tls === "none",
    requireTLS: smtp.tls === "required",
    opportunisticTLS: smtp.tls === "opportunistic",
    tls: { ...tls, rejectUnauthorized: smtp.tls !== "opportunistic" },
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: IDLE_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(dkim !== undefined && { dkim }),
    ...(smtp.user === undefined ? {} : { auth: { user: smtp.user, pass: password ?? "" } }),
  };
  const server = { host: smtp.host, port: smtp.port, timeoutMs: CONNECT_TIMEOUT_MS };
  return {
    async send({ from, to, references, pictures, ...mail }, signal) {
      // Loaded with the first mail: it and the TLS that it brings take 13 MB, which most hosts can
      // do without.
      const { createTransport } = await import("nodemailer");
      const getSocket = (_: unknown, found: FoundSocket): void =>
        void connectToMailServer(server, signal).then((connection) => found(null, { connection }), found);
      const transport = createTransport({ ...options, getSocket });
      const mailboxes = { from: mailboxOf(from), to: to.map(mailboxOf) };
      const attachments = pictures.map(attachmentOf);
      const message = { ...mail, ...mailboxes, attachments, references: [...references], headers: HEADERS, signal };
      return refusalsOf(await transport.sendMail(message).catch(allRefused));
    },
  };
}

const attachmentOf = ({ id, name, png }: Picture): Attachment => ({
  ...{ cid: id, filename: name, content: png, contentType: "image/png", contentDisposition: "inline" },
});

/** nodemailer's callback for a socket that was opened for it. */
type FoundSocket = (error: Error | null, found?: { readonly connection: Socket }) => void;

interface SmtpAnswer {
  readonly responseCode?: number | undefined;
  readonly response?: string | undefined;
}

/** The fields about recipients in nodemailer's result and, if all were refused, in its error. */
interface Rejections {
  readonly rejected: readonly string[];
  readonly rejectedErrors?: readonly SmtpAnswer[] | undefined;
}

/**
 * Returns the refusals in an error, if all recipients were refused. The error's own answer is that
 * of one recipient: the others' may differ.
 */
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
