import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { suite, test } from "node:test";
import { attempt } from "../../../../daemon/notify/attempt.ts";
import type { Outcome } from "../../../../daemon/notify/queue/delivery.ts";
import { readSettings } from "../../../../daemon/settings/read-settings.ts";
import type { ActionSettings, SmtpSettings } from "../../../../daemon/settings/settings.ts";
import { context } from "../../notify/fixtures.ts";
import { hasSmtpSink, startSmtpSink } from "../../notify/smtp-sink.ts";
import { contentOf, slow } from "../chat-fixture.ts";
import { verifyDkim, withPython } from "./python.ts";

const options = hasSmtpSink() ? withPython : { skip: "smtp-sink of the package postfix is not there" };
const mail: ActionSettings = { name: "mail", kind: "email", to: ["ops@example.org"], from: "bpfwarden@example.org" };
const lastValues = [3, 9, 45].map((value) => value * 1_000_000);

const pem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" });

/** Sends a mail that is signed with this key. */
function send(smtp: SmtpSettings, key: string): Promise<Outcome> {
  const dkim = { domain: "example.org", selector: "alerts", key: { from: "plain", value: key } } as const;
  const content = contentOf({}, { ...slow, labels: { ...slow.labels, comm: "Bär\u00a0.\n." }, lastValues });
  const delivery = { id: "delivery-1", action: mail, content };
  return attempt(delivery, context({ smtp: { ...smtp, dkim } }), new AbortController().signal);
}

suite("DKIM", () => {
  test("a signed mail is verified by others, and not if a byte of it changes", options, async () => {
    await using server = await startSmtpSink();
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    assert.deepEqual(await send(server.smtp, pem(privateKey)), { ok: true });
    const [whole = ""] = server.mails();
    const changed = [
      whole.replace("From: bpfwarden@", "From: root@"),
      whole.replace("Subject: ", "Subject: x"),
      whole.replace(/^In-Reply-To: <./m, "In-Reply-To: <x"),
      whole.replace(/nothing lost|12 events/, "13 events"),
    ];
    for (const each of changed) assert.notEqual(each, whole);
    const record = `v=DKIM1; k=rsa; p=${publicKey.export({ type: "spki", format: "der" }).toString("base64")}`;
    const verified = verifyDkim([whole, ...changed], "alerts._domainkey.example.org.", record);
    assert.deepEqual(verified, [true, ...changed.map(() => false)]);
  });

  test("a key that cannot sign is a fault of the settings, and no mail goes without a signature", options, async () => {
    await using server = await startSmtpSink();
    const short = generateKeyPairSync("rsa", { modulusLength: 768 }).privateKey;
    const cases = [
      [pem(generateKeyPairSync("ed25519").privateKey), "expected an RSA key for DKIM, found one of the type ed25519"],
      [pem(short), "expected an RSA key of at least 1024 bits, found 768"],
      ["no key", "expected a private key in PEM, found another text"],
    ] as const;
    for (const [key, fault] of cases) {
      const outcome = await send(server.smtp, key);
      assert.deepEqual(outcome, { ok: false, trouble: "setup", error: `the settings: ${fault}` });
    }
    assert.deepEqual(server.mails(), []);
  });

  test("the settings name the domain, the selector and the key", () => {
    const text =
      "smtp: { dkim: { domain: example.org, selector: alerts, key: credential:dkim } }\nactions: {}\ndefaults: {}\n";
    const { result, diagnostics } = readSettings({ path: "bpfwarden.yaml", text }, "/etc/bpfwarden", "web1");
    assert.deepEqual(diagnostics, []);
    const key = { from: "credential", name: "dkim" };
    assert.deepEqual(result?.smtp.dkim, { domain: "example.org", selector: "alerts", key });
  });
});
