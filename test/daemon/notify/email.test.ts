import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Delivery, Outcome } from "../../../daemon/notify/delivery.ts";
import { mailOf } from "../../../daemon/notify/mail-text.ts";
import { attempt } from "../../../daemon/notify/receivers.ts";
import type { ActionSettings, SmtpSettings } from "../../../daemon/settings/settings.ts";
import { alert, alerts, context, events, record, resolved } from "./fixtures.ts";

const SINK = "/usr/sbin/smtp-sink";
const never = new AbortController().signal;
const mail: ActionSettings = {
  name: "mail",
  kind: "email",
  to: ["ops@example.org", "two@example.org"],
  from: "bpfwarden@example.org",
};
const hasSink = spawnSync(SINK, []).error === undefined;
const options = { skip: hasSink ? false : `${SINK} of the package postfix is not there` };

interface Sink extends AsyncDisposable {
  readonly smtp: SmtpSettings;
  /** the mails that came, as SMTP carried them, without carriage returns */
  mails(): readonly string[];
}

/** Postfix's test server on a free port; `args` are faults, such as `-f RCPT`. */
async function sink(...args: readonly string[]): Promise<Sink> {
  const directory = mkdtempSync(join(tmpdir(), "smtp-sink-"));
  chmodSync(directory, 0o777);
  const port = await freePort();
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn(SINK, [...user, ...args, "-4", "-d", join(directory, "mail."), `127.0.0.1:${port}`, "10"]);
  await answering(port);
  return {
    smtp: { host: "127.0.0.1", port, tls: "opportunistic" },
    mails: () =>
      readdirSync(directory)
        .toSorted()
        .map((name) => readFileSync(join(directory, name), "utf8").replaceAll("\r", "")),
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, "exit");
      rmSync(directory, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answering(port: number): Promise<void> {
  for (let attempts = 0; attempts < 200; attempts++) {
    const socket = connect(port, "127.0.0.1");
    const answered = await new Promise((resolve) =>
      socket.once("data", () => resolve(true)).once("error", () => resolve(false)),
    );
    socket.destroy();
    if (answered === true) return;
    await delay(25);
  }
  throw new Error("smtp-sink does not answer");
}

function send(delivery: Delivery, smtp: SmtpSettings): Promise<Outcome> {
  return attempt(delivery, context({ smtp }), never);
}

/** The value of a header, unfolded. */
function header(message: string, name: string): string | undefined {
  const [head = ""] = message.split("\n\n");
  return new RegExp(`^${name}: (.*)$`, "im").exec(head.replace(/\n[ \t]+/g, " "))?.[1];
}

test("a mail server gets the alert, and its resolution in the same thread", options, async () => {
  await using server = await sink();
  assert.deepEqual(await send(alerts(mail, alert), server.smtp), { ok: true });
  assert.deepEqual(await send({ ...alerts(mail, resolved), id: "delivery-2" }, server.smtp), { ok: true });
  const [first = "", second = ""] = server.mails().toSorted((a) => (a.includes("[FIRING]") ? -1 : 1));
  assert.match(first, /^X-Mail-Args: <bpfwarden@example.org>/m);
  assert.match(first, /^X-Rcpt-Args: <ops@example.org>/m);
  assert.match(first, /^X-Rcpt-Args: <two@example.org>/m);
  assert.equal(header(first, "Subject"), `[FIRING] ${alert.rule}: ${alert.summary} (web1)`);
  assert.equal(header(second, "Subject"), `[RESOLVED] ${alert.rule}: ${alert.summary} (web1)`);
  assert.match(header(first, "Content-Type") ?? "", /^text\/plain/);
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

test("a refusal for good is given up, one for now is tried again", options, async () => {
  const cases: readonly (readonly [readonly string[], boolean])[] = [
    [["-f", "RCPT"], false],
    [["-f", "."], false],
    [["-r", "RCPT"], true],
    [["-r", "DATA"], true],
    [["-q", "DATA"], true],
    [["-r", "CONNECT"], true],
  ];
  for (const [faults, retry] of cases) {
    await using server = await sink(...faults);
    assert.partialDeepStrictEqual(await send(alerts(mail, alert), server.smtp), { ok: false, retry }, faults.join(" "));
  }
});

test("no server can be tried again, one that cannot encrypt where that is required gets no mail", options, async () => {
  assert.partialDeepStrictEqual(await send(alerts(mail, alert), { host: "127.0.0.1", port: 1, tls: "none" }), {
    ok: false,
    retry: true,
  });
  await using server = await sink();
  const outcome = await send(alerts(mail, alert), { ...server.smtp, tls: "required" });
  assert.partialDeepStrictEqual(outcome, { ok: false, retry: false });
  assert.deepEqual(server.mails(), []);
});

/** A mail server on a free port that answers each recipient as told. */
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

test("where some recipients are refused, only those refused for now are tried again", async () => {
  const answers = new Map([
    ["<ops@example.org>", "250 ok"],
    ["<gone@example.org>", "550 gone"],
    ["<later@example.org>", "451 later"],
  ]);
  await using server = await answerRecipients(answers);
  const delivery = alerts({ ...mail, to: ["ops@example.org", "gone@example.org", "later@example.org"] }, alert);
  const first = await send(delivery, server.smtp);
  assert.partialDeepStrictEqual(first, { ok: false, retry: true });
  assert.deepEqual(server.asked.splice(0), [...answers.keys()]);
  answers.set("<later@example.org>", "250 ok");
  assert.deepEqual(await send(delivery, server.smtp), { ok: true, warning: "gone@example.org: 550 gone" });
  assert.deepEqual(server.asked, ["<later@example.org>"]);
});

test("where all recipients are refused, each is judged by its own answer, in whichever order", async () => {
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
    assert.deepEqual(await send(delivery, server.smtp), {
      ok: false,
      retry: true,
      error: "gone@example.org: 550 gone; later@example.org: 451 later",
    });
    server.asked.splice(0);
    answers.set("<later@example.org>", "552 full");
    assert.deepEqual(await send(delivery, server.smtp), {
      ok: false,
      retry: false,
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
  assert.partialDeepStrictEqual(await outcome, { ok: false, retry: true });
  server.close();
  await once(server, "close");
});

test("mails of one group have ids of their own and one thread, which is no other group's", () => {
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

test("text from outside cannot add a header, and subjects are one line of visible characters", () => {
  const evil = { ...alert, summary: "a\r\nBcc: all@example.org\u0000\u001b[31m\u202eb" + "x".repeat(400) };
  const { subject } = mailOf(alerts(mail, evil), "a@example.org", { instance: "web1" });
  assert.match(subject, /^\[FIRING\] tcp-retransmits: a Bcc: all@example\.org\[31mbx+…$/);
  assert.equal(subject.length, 200);
});

test("records come as lines, and what was left out is said", () => {
  const { subject, text } = mailOf(events(mail, 3, record, record), "a@example.org", { instance: "web1" });
  assert.equal(subject, "[EVENTS] bash-audit: 5 events (web1)");
  assert.match(text, /^2026-11-23T20:41:03\.123456789Z {2}command="echo .*" pid=4711 loginuid=/);
  assert.match(text, /3 more are left out\.\n$/);
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});
