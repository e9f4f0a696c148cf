import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { attempt } from "../../../../daemon/notify/attempt.ts";
import type { AlertsContent, Delivery, Outcome } from "../../../../daemon/notify/queue/delivery.ts";
import type { EmailSettings } from "../../../../daemon/receivers/email/settings.ts";
import type { SmtpSettings } from "../../../../daemon/settings/settings.ts";
import { context } from "../../notify/fixtures.ts";
import { contentOf, ended, slow } from "../chat-fixture.ts";
import { startPostfix, withPostfix } from "./postfix.ts";

const signal = new AbortController().signal;
const settings: EmailSettings = {
  kind: "email",
  to: ["Ops <ops@example.org>", "two@example.org", "gone@example.org", "three@example.org"],
  from: "bpfwarden@example.org",
};
const action = { name: "mail", ...settings };

const MODULES = {
  attempt: new URL("../../../../daemon/notify/attempt.ts", import.meta.url).href,
  fixtures: new URL("../../notify/fixtures.ts", import.meta.url).href,
};

/** Makes an attempt in a process of its own, as after a restart. */
function attemptElsewhere(delivery: Delivery, smtp: SmtpSettings): unknown {
  const script = `
const { attempt } = await import(${JSON.stringify(MODULES.attempt)});
const { context } = await import(${JSON.stringify(MODULES.fixtures)});
const smtp = ${JSON.stringify(smtp)};
console.log(JSON.stringify(await attempt(${JSON.stringify(delivery)}, context({ smtp }), new AbortController().signal)));
`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout) as unknown;
}

const header = (mail: string, name: string): string | undefined =>
  new RegExp(`^${name}: (.*)$`, "im").exec(mail.replace(/\r?\n[ \t]+/g, " "))?.[1]?.trim();

test(
  "a real mail server: each recipient gets each mail once, in one thread, also over a restart",
  withPostfix,
  async () => {
    await using postfix = await startPostfix();
    const { smtp } = postfix;
    const send = (id: string, content: AlertsContent): Promise<Outcome> =>
      attempt({ id, action, content }, context({ smtp }), signal);
    postfix.refuse("two@example.org 450 4.7.1 later");
    const first = await send("fire", contentOf({}, slow));
    assert.partialDeepStrictEqual(first, { ok: false, trouble: "passing" });
    assert.match(first.ok ? "" : first.error, /gone@example\.org: 550 .*two@example\.org: 450 4\.7\.1/);
    assert.ok(first.remember !== undefined && !first.remember.includes("example.org"));
    postfix.refuse();
    const delivery = { id: "fire", action, content: contentOf({}, slow), known: first.remember };
    const again = attemptElsewhere(delivery, smtp);
    assert.deepEqual(again, { ok: true, warning: "gone@example.org: refused before a restart" });
    const last = await send("end", contentOf({ reason: "all alerts resolved" }, ended));
    assert.partialDeepStrictEqual(last, { ok: true });
    for (const mailbox of ["ops", "two", "three"]) {
      const mails = await postfix.mails(mailbox, 2);
      assert.equal(mails.length, 2, mailbox);
      const ids = new Set(mails.map((mail) => header(mail, "Message-ID")));
      assert.deepEqual(ids, new Set(["<fire@example.org>", "<end@example.org>"]));
      const threads = new Set(mails.map((mail) => header(mail, "References")));
      assert.equal(threads.size, 1);
      for (const mail of mails) {
        assert.equal(header(mail, "Auto-Submitted"), "auto-generated");
        // RFC 5322, section 3.3
        assert.match(header(mail, "Date") ?? "", /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$/);
      }
    }
  },
);
