import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { Delivery, Outcome } from "../../../../daemon/notify/queue/delivery.ts";
import { mailOf } from "../../../../daemon/receivers/email/mail-text.ts";
import { attempt } from "../../../../daemon/notify/attempt.ts";
import type { Trouble } from "../../../../daemon/notify/queue/trouble.ts";
import type { ActionSettings, SmtpSettings } from "../../../../daemon/settings/settings.ts";
import { hasSmtpSink, SMTP_SINK, startSmtpSink } from "../../notify/smtp-sink.ts";
import { alert, alerts, context, events, record, resolved } from "../../notify/fixtures.ts";

const never = new AbortController().signal;
const mail: ActionSettings = {
  name: "mail",
  kind: "email",
  to: ["ops@example.org", "two@example.org"],
  from: "bpfwarden@example.org",
};
const options = { skip: hasSmtpSink() ? false : `${SMTP_SINK} of the package postfix is not there` };

function send(delivery: Delivery, smtp: SmtpSettings): Promise<Outcome> {
  return attempt(delivery, context({ smtp }), never);
}

/** The value of a header, unfolded. */
function header(message: string, name: string): string | undefined {
  const [head = ""] = message.split("\n\n");
  return new RegExp(`^${name}: (.*)$`, "im").exec(head.replace(/\n[ \t]+/g, " "))?.[1];
}

test("a mail server gets the alert, and its resolution in the same thread", options, async () => {
  await using server = await startSmtpSink();
  assert.deepEqual(await send(alerts(mail, alert), server.smtp), { ok: true });
  assert.deepEqual(await send({ ...alerts(mail, resolved), id: "delivery-2" }, server.smtp), { ok: true });
  const [first = "", second = ""] = server.mails().toSorted((a) => (a.includes("[FIRING") ? -1 : 1));
  assert.match(first, /^X-Mail-Args: <bpfwarden@example.org>/m);
  assert.match(first, /^X-Rcpt-Args: <ops@example.org>/m);
  assert.match(first, /^X-Rcpt-Args: <two@example.org>/m);
  assert.equal(header(first, "Subject"), `[FIRING warning] ${alert.rule}: ${alert.summary} (web1)`);
  assert.equal(header(second, "Subject"), `[RESOLVED] ${alert.rule}: ${alert.summary} (web1)`);
  assert.match(header(first, "Content-Type") ?? "", /^multipart\/alternative;/);
  assert.equal(header(first, "Auto-Submitted"), "auto-generated");
  assert.equal(header(first, "Message-ID"), "<delivery-1@example.org>");
  assert.equal(header(second, "Message-ID"), "<delivery-2@example.org>");
  assert.match(header(first, "References") ?? "", /^<[0-9a-f]{32}@example\.org>$/);
  assert.equal(header(second, "References"), header(first, "References"));
  assert.equal(header(second, "In-Reply-To"), header(first, "References"));
  for (const text of [
    alert.summary,
    "daddr:     192.0.2.7",
    "value:     131",
    "ratio:     no data",
    alert.runbook ?? "",
  ]) {
    assert.ok(first.includes(text), text);
  }
});

test("names are in the headers, addresses alone in the envelope", options, async () => {
  await using server = await startSmtpSink();
  const to = ["Ops <ops@example.org>", '"Dienst, Nächte" <two@example.org>', "three@example.org"];
  const named = { ...mail, to, from: "Alerts of db1 <bpfwarden@example.org>" };
  assert.deepEqual(await send(alerts(named, alert), server.smtp), { ok: true });
  const [message = ""] = server.mails();
  assert.match(message, /^X-Mail-Args: <bpfwarden@example.org>/m);
  const recipients = [...message.matchAll(/^X-Rcpt-Args: (.*)$/gm)].map(([, each]) => each);
  assert.deepEqual(recipients, ["<ops@example.org>", "<two@example.org>", "<three@example.org>"]);
  assert.equal(header(message, "From"), "Alerts of db1 <bpfwarden@example.org>");
  assert.match(header(message, "To") ?? "", /^Ops <ops@example.org>, .*<two@example.org>, three@example.org$/);
  const [, name = ""] = /=\?UTF-8\?(Q\?[^?]+)\?=/.exec(header(message, "To") ?? "") ?? [];
  assert.equal(name, "Q?Dienst=2C_N=C3=A4chte");
  assert.equal(header(message, "Message-ID"), "<delivery-1@example.org>");
});

test("all recipients that are refused for good are counted, also those with names", options, async () => {
  await using server = await startSmtpSink("-f", "RCPT");
  const named = { ...mail, to: ["Ops <ops@example.org>", "ops@example.org"] };
  assert.partialDeepStrictEqual(await send(alerts(named, alert), server.smtp), { ok: false, trouble: "message" });
});

test("a permanent refusal is a fault of the message or of the settings, a temporary one passes", options, async () => {
  const cases: readonly (readonly [readonly string[], Trouble])[] = [
    [["-f", "RCPT"], "message"],
    [["-f", "."], "message"],
    [["-f", "CONNECT"], "setup"],
    [["-f", "EHLO,HELO"], "setup"],
    [["-f", "MAIL"], "message"],
    [["-r", "RCPT"], "passing"],
    [["-r", "DATA"], "passing"],
    [["-q", "DATA"], "passing"],
    [["-r", "CONNECT"], "passing"],
  ];
  for (const [faults, trouble] of cases) {
    await using server = await startSmtpSink(...faults);
    assert.partialDeepStrictEqual(
      await send(alerts(mail, alert), server.smtp),
      { ok: false, trouble },
      faults.join(" "),
    );
  }
});

test(
  "a missing server is tried again, and a server without the required encryption gets no mail",
  options,
  async () => {
    assert.partialDeepStrictEqual(await send(alerts(mail, alert), { host: "127.0.0.1", port: 1, tls: "none" }), {
      ok: false,
      trouble: "passing",
    });
    await using server = await startSmtpSink();
    const outcome = await send(alerts(mail, alert), { ...server.smtp, tls: "required" });
    assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "setup" });
    assert.deepEqual(server.mails(), []);
  },
);

/** A mail server on a free port that gives each recipient the configured answer. */
async function answerRecipients(
  answers: ReadonlyMap<string, string>,
): Promise<AsyncDisposable & { readonly smtp: SmtpSettings; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((socket) => {
    let inData = false;
    socket.write("220 test\r\n");
    socket.on("data", (chunk) => {
      for (const line of chunk.toString().split("\r\n").slice(0, -1)) {
        if (inData && line !== ".") continue;
        inData = line === "DATA";
        const recipient = /^RCPT TO:(\S+)/.exec(line)?.[1];
        if (recipient !== undefined) asked.push(recipient);
        const answer = recipient === undefined ? undefined : answers.get(recipient);
        socket.write(`${answer ?? (inData ? "354 go on" : "250 ok")}\r\n`);
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    smtp: { host: "127.0.0.1", port: (server.address() as AddressInfo).port, tls: "none" },
    asked,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

test("if some recipients are refused, only those refused for now are tried again", async () => {
  const answers = new Map([
    ["<ops@example.org>", "250 ok"],
    ["<gone@example.org>", "550 gone"],
    ["<later@example.org>", "451 later"],
  ]);
  await using server = await answerRecipients(answers);
  const delivery = alerts({ ...mail, to: ["ops@example.org", "gone@example.org", "later@example.org"] }, alert);
  const first = await send(delivery, server.smtp);
  assert.partialDeepStrictEqual(first, { ok: false, trouble: "passing" });
  assert.deepEqual(server.asked.splice(0), [...answers.keys()]);
  answers.set("<later@example.org>", "250 ok");
  assert.deepEqual(await send(delivery, server.smtp), { ok: true, warning: "gone@example.org: 550 gone" });
  assert.deepEqual(server.asked, ["<later@example.org>"]);
});

test("if all recipients are refused, each is judged by its own answer, in any order", async () => {
  for (const to of [
    ["gone@example.org", "later@example.org"] as const,
    ["later@example.org", "gone@example.org"] as const,
  ]) {
    const answers = new Map([
      ["<gone@example.org>", "550 gone"],
      ["<later@example.org>", "451 later"],
    ]);
    await using server = await answerRecipients(answers);
    const delivery = alerts({ ...mail, to }, alert);
    assert.partialDeepStrictEqual(await send(delivery, server.smtp), {
      ok: false,
      trouble: "passing",
      error: "gone@example.org: 550 gone; later@example.org: 451 later",
    });
    server.asked.splice(0);
    answers.set("<later@example.org>", "552 full");
    assert.deepEqual(await send(delivery, server.smtp), {
      ok: false,
      trouble: "message",
      error: "gone@example.org: 550 gone; later@example.org: 552 full",
    });
    assert.deepEqual(server.asked, ["<later@example.org>"]);
  }
});

test("an attempt that is stopped ends at once, although the server never answers", async () => {
  const server = createServer((socket) => void socket.on("error", () => undefined)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const smtp: SmtpSettings = { host: "127.0.0.1", port: (server.address() as AddressInfo).port, tls: "none" };
  const stop = new AbortController();
  const connected = once(server, "connection");
  const outcome = attempt(alerts(mail, alert), context({ smtp }), stop.signal);
  await connected;
  stop.abort();
  assert.partialDeepStrictEqual(await outcome, { ok: false, trouble: "passing" });
  server.close();
  await once(server, "close");
});

test("mails of one group have different ids and one thread, different from other groups'", () => {
  const mailAbout = (changes: object, id = "1"): ReturnType<typeof mailOf> =>
    mailOf({ ...alerts(mail, { ...alert, ...changes }), id }, "a@example.org", {});
  const course = [{}, { level: "critical" }, { level: "warning", summary: "other words", values: {} }, resolved];
  const mails = course.map((changes, index) => mailAbout(changes, String(index)));
  assert.equal(new Set(mails.map(({ messageId }) => messageId)).size, course.length);
  const threads = new Set(mails.flatMap(({ references }) => references));
  assert.equal(threads.size, 1);
  assert.deepEqual(mailAbout({}), mailAbout({}));
  const delivery = alerts(mail, alert);
  assert.ok(delivery.content.kind === "alerts");
  const group = { key: "{}:{}", labels: {} };
  for (const other of [{ group }, { openedAtUnixMs: 1 }]) {
    const { references } = mailOf({ ...delivery, content: { ...delivery.content, ...other } }, "a@example.org", {});
    assert.ok(threads.isDisjointFrom(new Set(references)));
  }
});

test("a mail of many alerts names each of them, and describes the first hundred", () => {
  const hosts = Array.from({ length: 2000 }, (_, index) => `host${index}.example.org`);
  const many = hosts.map((daddr) => ({ ...alert, labels: { ...alert.labels, daddr }, summary: `${daddr} is slow` }));
  const { text } = mailOf(alerts(mail, ...many), "a@example.org", { instance: "web1" });
  const lines = text.split("\n");
  const named = new Set(lines.flatMap((line) => /host\d+\.example\.org/.exec(line)?.[0] ?? []));
  assert.deepEqual(named, new Set(hosts));
  assert.equal(lines.filter((line) => line.startsWith("Runbook:")).length, 100);
});

test("text from outside cannot add a header, and subjects are one line of visible characters", () => {
  const evil = { ...alert, summary: "a\r\nBcc: all@example.org\u0000\u001b[31m\u202eb" + "x".repeat(400) };
  const { subject } = mailOf(alerts(mail, evil), "a@example.org", { instance: "web1" });
  assert.match(subject, /^\[FIRING warning\] tcp-retransmits: a Bcc: all@example\.org\\x00\\x1b\[31m\\u\{202e\}bx+…$/);
  assert.equal(subject.length, 200);
});

test("a subject keeps escapes and is cut between characters", () => {
  const subjectOf = (summary: string): string =>
    mailOf(alerts(mail, { ...alert, summary }), "a@example.org", { instance: "web1" }).subject;
  assert.ok(subjectOf("dev-disk-by\\x2dlabel-data.device is slow").includes("by\\x2dlabel-data.device is slow"));
  assert.notEqual(subjectOf("a\u001bb"), subjectOf("a\\x1bb"));
  const family = "👩‍👩‍👧‍👦";
  for (let before = 0; before < 30; before++) {
    const subject = subjectOf("x".repeat(before) + family.repeat(40));
    assert.ok(subject.length <= 200 && subject.isWellFormed());
    const escaped = subjectOf("x".repeat(before) + "\u0001".repeat(100));
    assert.match(escaped, /[^\\](\\x01)+…$/);
  }
});

test("records are lines, and the mail says how many were left out", () => {
  const { subject, text } = mailOf(events(mail, 3, record, record), "a@example.org", { instance: "web1" });
  assert.equal(subject, "[EVENTS] bash-audit: 5 events (web1)");
  assert.match(text, /^2026-11-23T20:41:03\.123456789Z {2}command="echo .*" pid=4711 loginuid=/);
  assert.match(text, /3 more are left out\.\n$/);
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});
