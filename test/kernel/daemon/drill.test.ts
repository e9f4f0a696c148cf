import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { hasSmtpSink, SMTP_SINK, startSmtpSink } from "../../daemon/notify/smtp-sink.ts";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";
import { call, countingRule } from "./call-rules.ts";

const WHO = 1_900_000_171;
const MAIN = join(import.meta.dirname, "../../../daemon/main.ts");

/**
 * Returns the open alerts of a receiver that knows alerts by their labels, as Alertmanager does:
 * those with a notification of their start and not of their end.
 */
function heldBy({ received }: WebhookSink): readonly string[] {
  const held = new Set<string>();
  for (const { labels, status } of received.flatMap(({ body }) => body.alerts)) {
    const { severity: _, ...identity } = labels;
    const name = JSON.stringify(Object.entries(identity).toSorted(([a], [b]) => a.localeCompare(b)));
    if (status === "firing") held.add(name);
    else held.delete(name);
  }
  return [...held];
}

/** Returns the id of a mail's thread. */
const threadOf = (mail: string): string => /^References: *(<[^>]+>)/im.exec(mail)?.[1] ?? "";

if (hasSmtpSink()) {
  kernelTest("a drill beside the real alert has keys of its own at each receiver, and ends nothing real", async () => {
    await using mails = await startSmtpSink();
    await using sink = await WebhookSink.start();
    const settings = `actions:
  hook: {webhook: {url: "${sink.url}"}}
  mail: {email: {to: [ops@example.org], from: bpfwarden@example.org}}
defaults: {action: [hook, mail]}
smtp: {host: ${mails.smtp.host}, port: ${mails.smtp.port}, tls: none}
tick: 100ms\nstate_dir: state\nsocket: control.sock\n`;
    await using daemon = await DaemonProcess.start({ rules: { "real.yaml": countingRule("real", WHO, 1) }, settings });
    call(WHO);
    await waitUntil("the real alert", () => sink.received.length === 1 && threadOf(mails.mails()[0] ?? "") !== "");
    const before = heldBy(sink);
    await promisify(execFile)(process.execPath, [MAIN, "drill", "real", "--config", daemon.folder]);
    await waitUntil(
      "the drill and its end",
      () => sink.received.length === 3 && mails.mails().filter((mail) => threadOf(mail) !== "").length === 3,
    );
    const [real, ...drill] = sink.received.map(({ body }) => body.groupKey);
    assert.equal(
      new Set([real, ...drill]).size,
      2,
      "the drill's two messages have one group key, the real one another",
    );
    assert.notEqual(real, drill[0]);
    // the sink lists them in no order
    const isOfDrill = (mail: string): boolean => /^Subject:.*drill/im.test(mail);
    const ofDrill = mails.mails().filter(isOfDrill).map(threadOf);
    const [ofReal] = mails
      .mails()
      .filter((mail) => !isOfDrill(mail))
      .map(threadOf);
    assert.deepEqual([ofDrill.length, new Set(ofDrill).size], [2, 1]);
    assert.notEqual(ofDrill[0], ofReal);
    assert.equal(new Set(sink.received.map(({ idempotencyKey }) => idempotencyKey)).size, 3);
    assert.equal(before.length, 1);
    assert.deepEqual(heldBy(sink), before);
  });
} else test("the drill's keys", { skip: `${SMTP_SINK} is not installed` }, () => {});
