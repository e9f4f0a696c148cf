import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { comment, newIssue } from "../../../../daemon/receivers/jira/jira-issue.ts";
import type { JiraSettings } from "../../../../daemon/receivers/jira/settings.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import {
  assertAnyMessage,
  assertScenes,
  assertVisible,
  contentOf,
  ended,
  type Got,
  type Reply,
  send,
  serving,
  slow,
  validating,
} from "../chat-fixture.ts";

const TOKEN = "ATATT3-secret-token";

const settings = (url: string, changes: Partial<JiraSettings> = {}): JiraSettings => ({
  ...{ kind: "jira", url: { from: "plain", value: `${url}/` }, user: "ops@example.org", timeoutMs: 5000 },
  ...{ token: { from: "plain", value: TOKEN }, project: "OPS", issueType: "Incident", labels: ["alerts"] },
  ...{ priority: { critical: "Highest", warning: "Medium" }, resolveTransition: "done" },
  ...changes,
});
const jira = (url: string, changes: Partial<JiraSettings> = {}): ActionSettings => ({
  name: "issues",
  ...settings(url, changes),
});

interface Issue {
  fields: Readonly<Record<string, unknown>>;
  readonly comments: unknown[];
  status: string;
}

type Json = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Jira by its reference (https://developer.atlassian.com/cloud/jira/platform/rest/v3/). */
function site(issues: Map<string, Issue> = new Map()): (got: Got) => Reply {
  return (got) => {
    const json = got.body as Json;
    if (got.path === "/rest/api/3/search/jql") return searched(issues, (got.body as { jql: string }).jql);
    if (got.path === "/rest/api/3/issue") {
      const key = `OPS-${issues.size + 1}`;
      issues.set(key, { fields: json["fields"] ?? {}, comments: [], status: "To Do" });
      return { status: 201, body: { id: "10000", key, self: "https://example.atlassian.net/rest/api/3/issue/10000" } };
    }
    const [, key = "", rest = ""] = /^\/rest\/api\/3\/issue\/([^/]+)\/?(.*)$/.exec(got.path) ?? [];
    const issue = issues.get(key);
    if (issue === undefined) return { status: 404, body: { errorMessages: ["Issue does not exist"], errors: {} } };
    return changed(issue, `${got.method} ${rest}`, json);
  };
}

function searched(issues: ReadonlyMap<string, Issue>, jql: string): Reply {
  const [, label = ""] = /^project = "OPS" AND labels = "(bpfwarden-[0-9a-f]{16})"$/.exec(jql) ?? [];
  const found = [...issues].filter(([, { fields }]) => (fields["labels"] as string[]).includes(label));
  return { body: { issues: found.map(([key]) => ({ id: "10001", key, fields: {} })), isLast: true } };
}

function changed(issue: Issue, what: string, json: Json): Reply {
  if (what === "POST comment") return { status: 201, body: { id: String(issue.comments.push(json["body"])) } };
  const transitions = [
    { id: "31", name: "Done" },
    { id: "21", name: "Start" },
  ];
  if (what === "GET transitions") return { body: { transitions: issue.status === "Done" ? [] : transitions } };
  if (what === "POST transitions") issue.status = json["transition"]?.["id"] === "31" ? "Done" : "?";
  else issue.fields = { ...issue.fields, ...json["fields"] };
  return { status: 204, body: "" };
}

const paragraph = {
  type: "object",
  required: ["type", "content"],
  properties: {
    type: { const: "paragraph" },
    content: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        required: ["type", "text"],
        properties: {
          type: { const: "text" },
          text: { type: "string", minLength: 1 },
          marks: {
            type: "array",
            maxItems: 1,
            items: {
              type: "object",
              required: ["type", "attrs"],
              properties: {
                type: { const: "link" },
                attrs: {
                  type: "object",
                  required: ["href"],
                  properties: { href: { type: "string", pattern: "^https://wiki\\.example\\.org/" } },
                  additionalProperties: false,
                },
              },
              additionalProperties: false,
            },
          },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
};

/** The part of https://unpkg.com/@atlaskit/adf-schema (json-schema/v1/full.json) that we use. */
const document = {
  type: "object",
  required: ["type", "version", "content"],
  properties: {
    type: { const: "doc" },
    version: { const: 1 },
    content: {
      type: "array",
      minItems: 1,
      items: {
        anyOf: [
          paragraph,
          {
            type: "object",
            required: ["type", "content"],
            properties: {
              type: { const: "codeBlock" },
              attrs: { type: "object", properties: { language: { const: "text" } }, additionalProperties: false },
              content: {
                type: "array",
                items: {
                  type: "object",
                  required: ["type", "text"],
                  properties: { type: { const: "text" }, text: { type: "string", minLength: 1 } },
                  additionalProperties: false,
                },
              },
            },
            additionalProperties: false,
          },
        ],
      },
    },
  },
  additionalProperties: false,
};

const validate = validating({
  type: "object",
  required: ["fields"],
  properties: {
    fields: {
      type: "object",
      required: ["project", "issuetype", "summary", "description", "labels"],
      properties: {
        project: { const: { key: "OPS" } },
        issuetype: { const: { name: "Incident" } },
        summary: { type: "string", minLength: 1, maxLength: 255, pattern: "^[^\\n\\r]*$" },
        priority: { enum: [{ name: "Highest" }, { name: "Medium" }] },
        description: document,
        labels: { type: "array", items: { type: "string", pattern: "^[^ ]{1,255}$" } },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
});
const validateComment = validating({
  type: "object",
  required: ["body"],
  properties: { body: document },
  additionalProperties: false,
});

suite("Jira", () => {
  test("gets one issue that changes, as people read it", async () => {
    const answer = site();
    await assertScenes("jira", jira, answer);
  });

  test("has one issue from the start to the end, which is then done", async () => {
    const issues = new Map<string, Issue>();
    await using server = await serving(site(issues));
    const first = await send(jira(server.url), contentOf({}, slow));
    const second = await send(
      jira(server.url),
      contentOf({ reason: "severity changed" }, { ...slow, level: "critical" }),
      first.remember,
    );
    assert.partialDeepStrictEqual(issues.get("OPS-1"), { fields: { priority: { name: "Highest" } } });
    const third = await send(jira(server.url), contentOf({ reason: "all alerts resolved" }, ended), second.remember);
    assert.ok(first.ok && second.ok && third.ok);
    assert.deepEqual([...issues.keys()], ["OPS-1"]);
    assert.partialDeepStrictEqual(issues.get("OPS-1"), { status: "Done" });
    assert.equal(issues.get("OPS-1")?.comments.length, 2);
    assert.match(String(issues.get("OPS-1")?.fields["summary"]), /^\[RESOLVED\] slow-reads: /);
    // Done already: no transition, and no fault.
    assert.ok((await send(jira(server.url), contentOf({ reason: "all alerts resolved" }, ended), third.remember)).ok);
    const auth = `Basic ${Buffer.from(`ops@example.org:${TOKEN}`).toString("base64")}`;
    assert.ok(server.got.every(({ headers }) => headers["authorization"] === auth));
  });

  test("gets no second issue if the answer to the first was lost, or the memory of it", async () => {
    const issues = new Map<string, Issue>();
    let isLost = true;
    const answer = site(issues);
    await using server = await serving((got) => {
      const reply = answer(got);
      return isLost && got.path.endsWith("/issue") ? { status: 502, body: "" } : reply;
    });
    assert.partialDeepStrictEqual(await send(jira(server.url), contentOf({}, slow)), { ok: false, trouble: "passing" });
    isLost = false;
    assert.ok((await send(jira(server.url), contentOf({}, slow))).ok);
    assert.ok((await send(jira(server.url), contentOf({}, ended))).ok);
    assert.deepEqual([...issues.keys()], ["OPS-1"]);
    // Another group is another issue, and so is the same group after its end.
    assert.ok((await send(jira(server.url), contentOf({ group: { key: "other", labels: {} } }, slow))).ok);
    assert.ok((await send(jira(server.url), contentOf({ openedAtUnixMs: 1 }, slow))).ok);
    assert.equal(issues.size, 3);
  });

  test("gets one comment if it refuses the transition at each attempt", async () => {
    const issues = new Map<string, Issue>();
    const answer = site(issues);
    let isRefused = true;
    await using server = await serving((got) =>
      isRefused && got.method === "POST" && got.path.endsWith("/transitions")
        ? { status: 400, body: { errorMessages: [], errors: { resolution: "Resolution is required." } } }
        : answer(got),
    );
    let { remember } = await send(jira(server.url), contentOf({}, slow));
    for (let each = 0; each < 3; each++) {
      const outcome = await send(jira(server.url), contentOf({ reason: "all alerts resolved" }, ended), remember);
      assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "setup" });
      ({ remember } = outcome);
    }
    isRefused = false;
    assert.ok((await send(jira(server.url), contentOf({ reason: "all alerts resolved" }, ended), remember)).ok);
    assert.partialDeepStrictEqual(issues.get("OPS-1"), { status: "Done" });
    assert.equal(issues.get("OPS-1")?.comments.length, 1);
  });

  test("gets a new issue if somebody deleted the old one", async () => {
    const issues = new Map<string, Issue>();
    await using server = await serving(site(issues));
    const { remember } = await send(jira(server.url), contentOf({}, slow));
    issues.clear();
    const again = await send(jira(server.url), contentOf({ reason: "severity changed" }, slow), remember);
    assert.ok(again.ok, JSON.stringify(again));
    assert.equal(issues.size, 1);
  });

  test("stays open without a transition", async () => {
    const issues = new Map<string, Issue>();
    await using server = await serving(site(issues));
    const { resolveTransition: _, ...open } = settings(server.url);
    const to: ActionSettings = { name: "issues", ...open };
    const { remember } = await send(to, contentOf({}, slow));
    assert.ok((await send(to, contentOf({}, ended), remember)).ok);
    assert.partialDeepStrictEqual(issues.get("OPS-1"), { status: "To Do" });
  });

  test("names the fields that a project does not take, and shows no token", async () => {
    // https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-post
    const errors = { issuetype: "The issue type selected is invalid.", priority: `Field cannot be set. ${TOKEN}` };
    await using server = await serving(({ path }) =>
      path.endsWith("/issue") ? { status: 400, body: { errorMessages: [], errors } } : { body: { issues: [] } },
    );
    assert.deepEqual(await send(jira(server.url), contentOf({}, slow)), {
      ...{ ok: false, trouble: "setup" },
      error: "Jira answers 400: issuetype: The issue type selected is invalid.; priority: Field cannot be set. ***",
    });
  });

  test("does not take the page of a proxy for Jira's answer", async () => {
    await using server = await serving(() => ({ body: "<html>Sign in</html>" }));
    const outcome = await send(jira(server.url), contentOf({}, slow));
    assert.partialDeepStrictEqual(outcome, { ok: false, trouble: "passing" });
  });

  test("waits as long as it is asked to, and refuses a bad token", async () => {
    for (const [status, trouble] of [
      [429, "passing"],
      [401, "setup"],
    ] as const) {
      await using server = await serving(() => ({ status, headers: { "Retry-After": "7" }, body: "" }));
      const outcome = await send(jira(server.url), contentOf({}, slow));
      assert.partialDeepStrictEqual(outcome, { ok: false, trouble, afterMs: 7000 });
      assert.ok(!JSON.stringify(outcome).includes(TOKEN));
    }
  });
});

test("any issue of Jira is valid, within the limits, and nothing in it is markup", () => {
  assertAnyMessage((message) => {
    const issue = newIssue(message, settings("https://example.atlassian.net"), "bpfwarden-0123456789abcdef");
    validate(issue);
    validateComment(comment(message));
    for (const made of [(issue as { fields: { description: object } }).fields.description, comment(message)]) {
      const json = JSON.stringify(made);
      assert.ok(json.length <= 32_767, String(json.length));
      assertVisible(json);
    }
  });
});
