import assert from "node:assert/strict";
import { test } from "node:test";
import { hasSmtpSink, SMTP_SINK, startSmtpSink } from "../../daemon/notify/smtp-sink.ts";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { call, countingRule } from "./call-rules.ts";

const WHO = 1_900_000_172;
/** As systemd names units. */
const SUMMARY = String.raw`unit dev-disk-by\x2dlabel-data.device of system-systemd\x2dcryptsetup.slice is slow`;

/** The subject of a mail that came whole, in one line. */
const subjectOf = (mail: string): string | undefined =>
  mail.includes("\n\n") ? /^Subject: (.*(?:\n[ \t].*)*)/m.exec(mail)?.[1]?.replaceAll(/\n[ \t]/g, " ") : undefined;

if (hasSmtpSink()) {
  kernelTest("the subject of a mail has the summary as it is, with the escapes of names of units", async () => {
    await using sink = await startSmtpSink();
    const { host, port } = sink.smtp;
    const settings = `labels: {instance: web1}
actions: {mail: {email: {to: [ops@example.org], from: warden@example.org}}}
defaults: {action: mail}
smtp: {host: ${host}, port: ${port}, tls: none}
notify: {group_wait: 0s}
tick: 100ms
`;
    const rule = `${countingRule("units", WHO, 1)}summary: '${SUMMARY}'\n`;
    await using _ = await DaemonProcess.start({ rules: { "units.yaml": rule }, settings });
    call(WHO);
    await waitUntil("the mail", () => sink.mails().some((mail) => subjectOf(mail) !== undefined));
    assert.deepEqual(sink.mails().map(subjectOf), [`[FIRING warning] units: ${SUMMARY} (web1)`]);
  });
} else test("the subject of a mail", { skip: `${SMTP_SINK} is not installed` }, () => {});
