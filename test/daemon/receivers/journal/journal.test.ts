import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { factMessages } from "../../../../daemon/notify/message/fact-messages.ts";
import { journalEntry } from "../../../../daemon/receivers/journal/journal-entry.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import { alerts, record } from "../../notify/fixtures.ts";
import { anyContent, assertGolden, assertVisible, contentOf, SCENES, send, slow } from "../chat-fixture.ts";
import { RANDOM_ALERTS } from "../random-alerts.ts";
import { type Entry, journald, startJournald } from "./journald.ts";

const action = (socket: string): ActionSettings => ({
  ...{ name: "journal", kind: "journal", socket, identifier: "bpfwarden-alert" },
});

/** Reads an entry as https://systemd.io/JOURNAL_NATIVE_PROTOCOL/ describes it. */
function parsed(entry: Buffer): readonly (readonly [name: string, value: string])[] {
  const fields: (readonly [string, string])[] = [];
  for (let at = 0; at < entry.length;) {
    const end = entry.indexOf("\n", at);
    assert.ok(end >= 0, "the last field has no end");
    const line = entry.toString("utf8", at, end);
    const [, name = "", isInline, value = ""] = /^([A-Z][A-Z0-9_]{0,63})(=?)(.*)$/su.exec(line) ?? [];
    assert.ok(name !== "", line);
    if (isInline === "=") {
      fields.push([name, value]);
      at = end + 1;
      continue;
    }
    const start = end + 9;
    const length = Number(entry.readBigUInt64LE(end + 1));
    fields.push([name, entry.toString("utf8", start, start + length)]);
    assert.equal(entry[start + length], 0x0a);
    at = start + length + 1;
  }
  return fields;
}

const ofUs = (entry: Entry): Entry =>
  Object.fromEntries(
    Object.entries(entry)
      .filter(([name]) => /^(MESSAGE|PRIORITY|MESSAGE_ID|SYSLOG_|BPFWARDEN_)/.test(name))
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );

suite("the journal", () => {
  test("gets each change and each record, as people read them", () => {
    const shown = SCENES.map(([scene, content]) => {
      const entries = factMessages({ id: "delivery-1", content }, { instance: "web1" }, slow.startsAtUnixMs);
      const lines = entries.map((entry) =>
        parsed(journalEntry(entry, "bpfwarden-alert"))
          .map(([name, value]) => `${name}=${value.replaceAll("\n", "\n    ")}\n`)
          .join(""),
      );
      return `== ${scene}\n${lines.join("\n")}\n`;
    });
    assertGolden("journal", shown.join(""));
  });

  test("systemd-journald takes the fields, also with several lines", journald, async () => {
    await using server = await startJournald();
    const hostile = { ...slow, level: "critical", labels: { comm: "a\nPRIORITY=0\nEVIL=1" } } as const;
    assert.deepEqual(await send(action(server.socket), contentOf({}, slow, hostile)), { ok: true });
    const entries = await server.entries("bpfwarden-alert", 2);
    assert.equal(entries.length, 2);
    const [first = {}, second = {}] = entries.map(ofUs);
    assert.partialDeepStrictEqual(first, {
      PRIORITY: "4",
      MESSAGE_ID: "750f6abcf2e140fda3363d9161365224",
      BPFWARDEN_RULE: "slow-reads",
      BPFWARDEN_VALUE: "45ms",
      BPFWARDEN_LABEL_COMM: "postgres",
    });
    assert.match(String(first["MESSAGE"]), /^slow-reads: p99 45ms > 20ms, peak/);
    assert.match(String(first["BPFWARDEN_DETAILS"]), /\nSince: +2026-11-29T03:12:04\.000Z\n/);
    assert.partialDeepStrictEqual(second, {
      PRIORITY: "2",
      BPFWARDEN_LABEL_COMM: String.raw`a\x0aPRIORITY=0\x0aEVIL=1`,
    });
    assert.ok(!("EVIL" in second));
  });

  test("systemd-journald takes 200 random alerts, and more than its queue holds", journald, async () => {
    await using server = await startJournald();
    const to = action(server.socket);
    assert.deepEqual(await send(to, alerts(to, ...RANDOM_ALERTS).content), { ok: true });
    const records = Array.from({ length: 1500 }, (_, pid) => ({ ...record, fields: { pid } }));
    const content = { kind: "events", rule: "bash-audit", events: records, labels: {}, omitted: 0 } as const;
    assert.deepEqual(await send(to, content), { ok: true });
    const entries = await server.entries("bpfwarden-alert", 1700);
    assert.equal(entries.length, 1700);
    assert.deepEqual(
      entries.slice(200).map((entry) => entry["BPFWARDEN_LABEL_PID"]),
      records.map(({ fields }) => String(fields.pid)),
    );
    for (const entry of entries.slice(0, 200)) assert.equal(entry["BPFWARDEN_RULE"], "tcp-retransmits");
  });

  test("a journal that is not there is tried again", async () => {
    const outcome = await send(action("/run/no-such-journal"), contentOf({}, slow));
    const error = 'cannot send to "/run/no-such-journal": ENOENT';
    assert.deepEqual(outcome, { ok: false, trouble: "passing", error });
  });

  test("any entry is sound and small, and hostile texts are inert", () => {
    const property = fc.property(anyContent, (content) => {
      for (const message of factMessages({ id: "delivery-1", content }, { instance: "web1" }, 0)) {
        const entry = journalEntry(message, "bpfwarden-alert");
        assert.ok(entry.length <= 128 * 1024);
        const fields = parsed(entry);
        const names = fields.map(([name]) => name);
        assert.deepEqual(names.slice(0, 4), ["MESSAGE", "PRIORITY", "MESSAGE_ID", "SYSLOG_IDENTIFIER"]);
        assert.ok(names.slice(4).every((name) => name.startsWith("BPFWARDEN_")));
        for (const [name, value] of fields)
          assertVisible(name === "BPFWARDEN_DETAILS" ? value.replaceAll("\n", "") : value);
      }
    });
    fc.assert(property, { numRuns: 200, endOnFailure: true });
  });
});
