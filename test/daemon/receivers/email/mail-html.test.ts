import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { attempt } from "../../../../daemon/notify/attempt.ts";
import { chatMessage } from "../../../../daemon/notify/message/chat-message.ts";
import type { DeliveryContent } from "../../../../daemon/notify/queue/delivery.ts";
import { mailOf } from "../../../../daemon/receivers/email/mail-text.ts";
import { sparkline, valueChart } from "../../../../daemon/receivers/email/value-chart.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import { context } from "../../notify/fixtures.ts";
import { hasSmtpSink, startSmtpSink } from "../../notify/smtp-sink.ts";
import { anyContent, assertGolden, assertVisible, contentOf, SCENES, slow } from "../chat-fixture.ts";
import { readHtml, readMails, withPython } from "./python.ts";

const LABELS = { instance: "web1" };
const mail: ActionSettings = { name: "mail", kind: "email", to: ["ops@example.org"], from: "bpfwarden@example.org" };
const lastValues = [3, 4, undefined, 9, 12, 30, 45].map((value) => (value === undefined ? value : value * 1_000_000));
const charted = { ...slow, lastValues, lastValuesFromUnixMs: slow.startsAtUnixMs + 6000 };

const mailAbout = (content: DeliveryContent): ReturnType<typeof mailOf> =>
  mailOf({ id: "delivery-1", content }, "bpfwarden@example.org", LABELS);

const TAGS = new Set(
  ["html", "head", "meta", "body", "div", "p", "span", "h1", "table", "tr", "td", "a", "code", "ul", "li"].concat(
    ...["img", "hr", "wbr"],
  ),
);
const ATTRIBUTES = new Set(
  ["lang", "charset", "name", "content", "style", "role", "cellpadding", "cellspacing", "href", "src", "alt"].concat(
    ...["width", "height"],
  ),
);

suite("the parts of a mail", () => {
  test(
    "a mail server gets text, HTML and a chart, which others can read",
    {
      skip: hasSmtpSink() ? withPython.skip : "smtp-sink is not there",
    },
    async () => {
      await using server = await startSmtpSink();
      const delivery = { id: "delivery-1", action: mail, content: contentOf({}, charted) };
      assert.deepEqual(await attempt(delivery, context({ smtp: server.smtp }), new AbortController().signal), {
        ok: true,
      });
      const [message] = readMails(server.mails());
      assert.ok(message !== undefined && Array.isArray(message[1]));
      const [text, related] = message[1];
      assert.ok(text !== undefined && related !== undefined && Array.isArray(related[1]));
      const [html, picture] = related[1];
      assert.deepEqual(
        [message[0], text[0], related[0], html?.[0], picture?.[0]],
        ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"],
      );
      const made = mailAbout(delivery.content);
      assert.equal(text[1], made.text);
      assert.equal(html?.[1], made.html);
      assert.equal(picture?.[1], made.pictures[0]?.png.toString("hex"));
      assert.match(String(picture?.[3]), /^inline;/);
      assert.ok(made.html.includes(`src="cid:${String(picture?.[2]).slice(1, -1)}"`));
    },
  );

  test("the HTML has the facts of the text, the most important first", withPython, () => {
    const { text, html } = mailAbout(contentOf({}, charted));
    const [{ texts } = { texts: [] }] = readHtml([html]);
    const shown = texts.join("").replace(/\s+/g, " ");
    const { lead, confidence = "", runbook = "", silence = "" } = chatMessage(contentOf({}, charted), LABELS);
    const first = ["FIRING warning · slow-reads on web1", lead, confidence, runbook, silence];
    const places = first.map((fact) => shown.indexOf(fact));
    assert.ok(!places.includes(-1), shown);
    assert.deepEqual(
      places,
      places.toSorted((one, other) => one - other),
    );
    assert.deepEqual(text.split("\n").slice(0, 3), [
      lead,
      `Confidence: ${confidence}; Runbook: ${runbook}`,
      `Silence: ${silence}`,
    ]);
    const facts = text.split("\n").filter((line) => /^\w+: {2,}/.test(line) && !line.startsWith("Chart:"));
    for (const fact of facts) {
      const [, value = ""] = /^\w+: +(.*)$/.exec(fact) ?? [];
      assert.ok(shown.includes(value), fact);
    }
  });

  test("scenes of an alert's life, as people read them", () => {
    const scenes = [["with a chart", contentOf({}, charted)] as const, ...SCENES];
    const shown = scenes.map(([scene, content]) => {
      const { subject, text, html } = mailAbout(content);
      return `== ${scene}\n${subject}\n\n${text}\n${scene === "with a chart" ? `${html}\n` : ""}`;
    });
    assertGolden("email", shown.join(""));
  });
});

suite("the chart of a value", () => {
  test("is a valid PNG, the same for the same values", withPython, () => {
    const folder = mkdtempSync(join(tmpdir(), "chart-"));
    const rows: readonly (readonly (number | undefined)[])[] = [
      lastValues,
      [0, 0, 0],
      [1, 1, 1, 1],
      [-5, 3, -5],
      [1e300, 0, 1e-300, 5],
      [undefined, 1, undefined, 2, undefined, 3],
      Array.from({ length: 20 }, (_, index) => (index % 2) * 1e9),
    ];
    try {
      for (const [index, values] of rows.entries()) {
        const content = contentOf({}, { ...charted, lastValues: values });
        const [picture] = mailAbout(content).pictures;
        assert.ok(picture !== undefined);
        assert.deepEqual(picture, mailAbout(content).pictures[0]);
        const path = join(folder, `${index}.png`);
        writeFileSync(path, picture.png);
        const { stdout, status } = spawnSync("pngcheck", ["-v", path], { encoding: "utf8" });
        assert.equal(status, 0, stdout);
        assert.match(stdout, /640 x 160 image, 8-bit palette/);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("is a line of characters in the text, and absent if there are too few values", () => {
    const chart = valueChart(charted);
    assert.ok(chart !== undefined);
    assert.equal(sparkline(chart), "▁▁ ▂▂▆█");
    assert.equal(chart.caption, "p99 from 03:12:10Z to 03:12:16Z: 3ms to 45ms, threshold 20ms");
    assert.match(mailAbout(contentOf({}, charted)).text, /^Chart: {5}▁▁ ▂▂▆█ {2}p99 from /m);
    assert.equal(valueChart({ ...charted, lastValues: [1, undefined, 2] }), undefined);
    assert.deepEqual(mailAbout(contentOf({}, slow)).pictures, []);
  });
});

test("200 random mails: the HTML is whole, and text of others in it is text", withPython, () => {
  const contents = fc.sample(anyContent, { numRuns: 200, seed: 20_261_201 });
  const mails = contents.map(mailAbout);
  for (const [index, { tags, texts, faults }] of readHtml(mails.map(({ html }) => html)).entries()) {
    assert.deepEqual(faults, []);
    for (const [name, attributes] of tags) {
      assert.ok(TAGS.has(name), name);
      for (const [key, value] of Object.entries(attributes)) {
        assert.ok(ATTRIBUTES.has(key) && !value.includes("evil"), `${name} ${key}=${value}`);
        if (key === "href") assert.match(value, /^https:\/\/wiki\.example\.org\//);
      }
    }
    // Mail programs make links of these.
    for (const text of texts) assert.doesNotMatch(text, /:\/\/|[@.]\p{L}/u);
    const content = contents[index];
    assert.ok(content !== undefined);
    const { lead, items } = chatMessage(content, LABELS);
    const shown = texts.join("");
    if (content.kind === "alerts") assert.ok(shown.includes(lead), lead);
    for (const item of items) assert.ok(shown.includes(item), item);
    assertVisible(shown);
    assertVisible(mails[index]?.text ?? "");
  }
});
