import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import type { AlertEvent } from "../../../daemon/evaluate/alerts/alert.ts";
import { attempt } from "../../../daemon/notify/attempt.ts";
import { type ChatMessage, chatMessage } from "../../../daemon/notify/message/chat-message.ts";
import type { AlertsContent, DeliveryContent, Outcome } from "../../../daemon/notify/queue/delivery.ts";
import { DRILL_LABEL } from "../../../daemon/notify/stages/group.ts";
import type { ActionSettings } from "../../../daemon/settings/settings.ts";
import { alert as plainAlert, context, record } from "../notify/fixtures.ts";

/** A request as a server got it. */
export interface Got {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** An answer of a service. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A server of one service: `answer` says what it answers to each request. */
export async function serving(
  answer: (got: Got) => Reply,
): Promise<AsyncDisposable & { readonly url: string; readonly got: Got[] }> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = {
        method,
        path: url,
        headers,
        body: bodyOf(Buffer.concat(chunks).toString(), headers["content-type"]),
      };
      got.push(one);
      const { status = 200, headers: more, body } = answer(one);
      response.writeHead(status, more).end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    got,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Returns the body of a request as a value: JSON, a form, or nothing. */
function bodyOf(text: string, contentType = ""): unknown {
  if (text === "") return undefined;
  if (contentType.startsWith("application/x-www-form-urlencoded")) return Object.fromEntries(new URLSearchParams(text));
  return JSON.parse(text);
}

/** Makes one attempt. */
export function send(action: ActionSettings, content: DeliveryContent, known?: string): Promise<Outcome> {
  const delivery = { id: "delivery-1", action, content, ...(known !== undefined && { known }) };
  return attempt(delivery, context(), new AbortController().signal);
}

const START_UNIX_MS = Date.UTC(2026, 10, 29, 3, 12, 4);

/** An alert as a rule with a p99 by comm has it. */
export const slow: AlertEvent = {
  ...plainAlert,
  rule: "slow-reads",
  labels: { team: "storage", comm: "postgres" },
  key: { comm: "postgres" },
  level: "warning",
  values: { value: 45_000_000 },
  units: { value: "nanoseconds" },
  judged: {
    ...{ name: "p99", unit: "nanoseconds", value: 45_000_000, operator: ">", limit: 20_000_000, worst: "highest" },
    ...{ atUnixMs: START_UNIX_MS + 12_000, peak: { value: 260_000_000, atUnixMs: START_UNIX_MS + 6000 } },
  },
  topKeys: [
    { labels: { comm: "postgres" }, value: 45_000_000 },
    { labels: { comm: "dd" }, value: 4_460_000 },
  ],
  reason: "p99(value) 45ms > 20ms for 10s",
  summary: 'slow-reads: p99(value) 45ms > 20ms for 10s {comm="postgres"}',
  description: "Reads of block devices take long.",
  runbook: "https://wiki.example.org/slow reads?a=1&b=2",
  startsAtUnixMs: START_UNIX_MS,
  confidence: { ...plainAlert.confidence, lostEvents: 12 },
};

export function contentOf(changes: Partial<AlertsContent>, ...alerts: readonly AlertEvent[]): AlertsContent {
  return {
    ...{ kind: "alerts", rule: alerts[0]?.rule ?? "", alerts, news: alerts.length, truncated: 0, suppressed: 0 },
    ...{ group: { key: '{}:{alertname="slow-reads"}', labels: { alertname: "slow-reads" } } },
    ...{ openedAtUnixMs: START_UNIX_MS, reason: "first notification" },
    ...changes,
  };
}

export const ended: AlertEvent = { ...slow, status: "resolved", endsAtUnixMs: START_UNIX_MS + 60_000 };
const other: AlertEvent = {
  ...slow,
  labels: { ...slow.labels, comm: "dd" },
  key: { comm: "dd" },
  summary: slow.summary.replace("postgres", "dd"),
};

/**
 * The life of a group, a group of many, a drill, and records: each is read by a person in the
 * golden file.
 */
export const SCENES: readonly (readonly [name: string, content: DeliveryContent])[] = [
  ["firing", contentOf({}, slow)],
  ["worse", contentOf({ reason: "severity changed" }, { ...slow, level: "critical" })],
  ["better", contentOf({ reason: "severity changed" }, slow)],
  ["resolved", contentOf({ reason: "all alerts resolved" }, ended)],
  [
    "several",
    contentOf({ reason: "new alerts in group", news: 1, truncated: 3 }, other, { ...slow, level: "critical" }),
  ],
  [
    "drill",
    contentOf(
      {},
      {
        ...slow,
        labels: { ...slow.labels, comm: "drill", [DRILL_LABEL]: "true" },
        ...{ values: {}, reason: "a drill was asked for: nothing has happened" },
        summary: "DRILL: slow-reads: nothing has happened, this is a test of notifications",
        ...{ judged: undefined as never, topKeys: [] },
      },
    ),
  ],
  [
    "records",
    { kind: "events", rule: "bash-audit", events: [record, record], labels: { team: "storage" }, omitted: 3 },
  ],
];

/** The scenes of one group. */
const LIFE: ReadonlySet<string> = new Set(["firing", "worse", "better", "resolved"]);

/** Compares with the file of a receiver; `UPDATE_GOLDEN=1` writes it. */
export function assertGolden(kind: string, text: string): void {
  const path = new URL(`${kind}/${kind}.golden`, import.meta.url);
  if (process.env["UPDATE_GOLDEN"] !== undefined) writeFileSync(path, text);
  assert.equal(text, readFileSync(path, "utf8"));
}

/**
 * Writes requests for people: without the port, and with long lists of fields on lines of their
 * own.
 */
export function shownRequests(scene: string, got: readonly Got[]): string {
  const requests = got.map(({ method, path, body }) => `${method} ${path}\n${JSON.stringify(body, null, 2)}\n`);
  return `== ${scene}\n${requests.join("\n")}\n`;
}

/**
 * Sends each scene, the life of the group with what the receiver remembers, and compares the
 * requests.
 */
export async function assertScenes(
  kind: string,
  action: (url: string) => ActionSettings,
  answer: (got: Got) => Reply,
): Promise<void> {
  await using server = await serving(answer);
  let known: string | undefined;
  const shown: string[] = [];
  for (const [scene, content] of SCENES) {
    if (!LIFE.has(scene)) known = undefined;
    const outcome = await send(action(server.url), content, known);
    assert.ok(outcome.ok, JSON.stringify(outcome));
    known = outcome.remember ?? known;
    shown.push(shownRequests(scene, server.got.splice(0)));
  }
  assertGolden(kind, shown.join(""));
}

/**
 * Texts that would do something if a service interpreted them; each that could be seen has "evil"
 * in it.
 */
const ATTACKS: readonly string[] = [
  ...["@channel", "@here ", "@everyone", "@all", "<!channel>", "<!here|evil>", "<@U123>", "<@everyone>", "<users/all>"],
  ...["<https://evil.example|evil>", "[evil](https://evil.example)", "https://evil.example/ ", "evil.example", "@evil"],
  ...[
    "`",
    "```",
    "\n```\nevil",
    "**",
    "_evil_",
    "~~",
    "||",
    "# evil",
    "\n# evil",
    "\n> evil",
    "- evil",
    "/evil",
    "#evil",
  ],
  ...["</code>", '</b></code><a href="https://evil.example">evil</a>', "<script>evil()</script>", "&lt;evil", "&#60;"],
  ...['"}],"evil":[{"', "\\", '\\"', "\\u0041", "\\x1b", "'; evil #", "$(evil)", "\u0000", "\u001b[31m", "\u202eevil"],
  ...["\u200b", "\ud800", "👩‍👩‍👧‍👦", "e\u0301\u0302\u0303", "🇩🇪", ":evil:", "<at>evil</at>", "<t:1:R>", "@room", "{{evil}}"],
];

const hostile = fc
  .array(fc.oneof(fc.constantFrom(...ATTACKS), fc.string({ unit: "binary", maxLength: 8 })), { maxLength: 12 })
  .map((parts) => parts.join(""));
const long = fc
  .tuple(hostile, fc.integer({ min: 0, max: 400 }))
  .map(([text, times]) => text.repeat(times).slice(0, 5000));
const quoted = fc.oneof({ arbitrary: hostile, weight: 4 }, { arbitrary: long, weight: 1 });

const alertOf = fc
  .record({
    labels: fc.dictionary(fc.constantFrom("comm", "argv", "file", "team"), quoted),
    level: fc.constantFrom("info", "warning", "critical"),
    isEnded: fc.boolean(),
    isDrill: fc.boolean(),
    summary: quoted,
    description: fc.option(quoted, { nil: undefined }),
    lost: fc.nat(),
    top: fc.array(quoted, { maxLength: 3 }),
    command: quoted,
    hasRunbook: fc.boolean(),
  })
  .map(({ labels, level, isEnded, isDrill, summary, description, lost, top, command, hasRunbook }): AlertEvent => {
    const { description: _, runbook, ...rest } = isEnded ? ended : slow;
    return {
      ...rest,
      ...{ level, summary, key: labels, evidence: [{ ...record, fields: { command } }] },
      labels: { ...labels, ...(isDrill && { [DRILL_LABEL]: "true" }) },
      ...(description !== undefined && { description }),
      ...(hasRunbook && runbook !== undefined && { runbook }),
      confidence: { ...slow.confidence, lostEvents: lost },
      topKeys: top.map((comm) => ({ labels: { comm }, value: 1_000_000 })),
    };
  });

/** Contents of messages as anyone could bring them about. */
export const anyContent: fc.Arbitrary<DeliveryContent> = fc.oneof(
  {
    arbitrary: fc
      .tuple(fc.array(alertOf, { minLength: 1, maxLength: 3 }), fc.constantFrom(1, 1, 1, 12), fc.nat(3))
      .map(([alerts, times, truncated]) => {
        const all = Array.from({ length: times }, () => alerts).flat();
        return contentOf({ truncated, news: Math.max(1, Math.floor(all.length / 2)) }, ...all);
      }),
    weight: 4,
  },
  {
    arbitrary: fc
      .array(fc.dictionary(fc.constantFrom("command", "pid", "file"), quoted), { minLength: 1, maxLength: 50 })
      .map((all): DeliveryContent => ({
        ...{ kind: "events", rule: "bash-audit", labels: {}, omitted: 0 },
        events: all.map((fields) => ({ ...record, fields })),
      })),
    weight: 1,
  },
);

/** Holds a property of 200 random messages. */
export function assertAnyMessage(holds: (message: ChatMessage, content: DeliveryContent) => void): void {
  const property = fc.property(anyContent, (content) => holds(chatMessage(content, { instance: "web1" }), content));
  fc.assert(property, { numRuns: 200, endOnFailure: true });
}

/** Returns a validator for a schema of the messages of a service, from its documentation. */
export function validating(schema: object): (value: unknown) => void {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
  const validate = ajv.compile(schema);
  return (value) =>
    assert.ok(validate(value), `${ajv.errorsText(validate.errors)}\n${JSON.stringify(value).slice(0, 3000)}`);
}

/** Holds that outside of code spans a Markdown text has our own words only. */
export function assertInertMarkdown(text: string): void {
  const outside = text.replace(/`[^`\n]*`/g, "").replace(/\[Runbook\]\(https:\/\/wiki\.example\.org\/[^()\s]*\)/g, "");
  assert.doesNotMatch(outside, /evil|@|`|<|>|\[(?!FIRING|RESOLVED|EVENTS|DRILL)|:\/\//);
  for (const [span] of text.matchAll(/`[^`\n]*`/g)) assert.doesNotMatch(span, /(?<!\w)@\w/);
}

/** Holds that outside of code HTML has our own words only, and that all of its tags are ours and closed. */
export function assertInertHtml(
  html: string,
  link = /<a href="https:\/\/wiki\.example\.org\/[^"<>]*">Runbook<\/a>/g,
): void {
  const outside = html
    .replace(/<code>[^<>]*<\/code>/g, "")
    .replace(link, "")
    .replace(/<b>[^<>]*<\/b>|<br>/g, "");
  assert.doesNotMatch(outside, /evil|@|<|>|:\/\//);
  assert.doesNotMatch(html.replaceAll(/&(amp|lt|gt|quot);/g, ""), /&/);
}

/** Holds that a text has no half of a surrogate pair, and no character that is not seen. */
export function assertVisible(text: string): void {
  assert.ok(text.isWellFormed());
  assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u);
}
