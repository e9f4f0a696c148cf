import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { publication } from "../../../../daemon/receivers/sns/sns-message.ts";
import { sns } from "../../../../daemon/receivers/sns/settings.ts";
import type { SnsSettings } from "../../../../daemon/receivers/sns/settings.ts";
import type { ActionSettings } from "../../../../daemon/settings/settings.ts";
import { readSettings } from "../../../../daemon/settings/read-settings.ts";
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
import { signatureV4 } from "./signature-v4.ts";

const TOPIC = "arn:aws:sns:eu-central-1:123456789012:alerts";
const [ID, SECRET, TOKEN] = ["AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "FwoGZXIvYXdzEXAMPLETOKEN"];

const action = (url: string, changes: Partial<SnsSettings> = {}): ActionSettings => ({
  ...{ name: "cloud", kind: "sns", topic: TOPIC, region: "eu-central-1", timeoutMs: 5000 },
  accessKeyId: { from: "plain", value: ID },
  secretAccessKey: { from: "plain", value: SECRET },
  url: { from: "plain", value: `${url}/` },
  ...changes,
});

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Examples */
const published: Reply = {
  body: `<PublishResponse xmlns="https://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult><ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata></PublishResponse>`,
};

/** https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html */
const refused = (status: number, code: string, message = "no"): Reply => ({
  status,
  body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
});

const validate = validating({
  type: "object",
  required: ["Action", "Version", "TopicArn", "Subject", "Message"],
  properties: {
    Action: { const: "Publish" },
    Version: { const: "2010-03-31" },
    TopicArn: { type: "string", pattern: "^arn:aws:sns:" },
    Subject: { type: "string", pattern: "^[!-~][ -~]{0,99}$" },
    Message: { type: "string", minLength: 1 },
    MessageGroupId: { type: "string", pattern: "^[!-~]{1,128}$" },
    MessageDeduplicationId: { type: "string", pattern: "^[!-~]{1,128}$" },
  },
  patternProperties: {
    "^MessageAttributes\\.entry\\.[0-9]+\\.Name$": { type: "string", pattern: "^[A-Za-z0-9_.-]{1,256}$" },
    "^MessageAttributes\\.entry\\.[0-9]+\\.Value\\.DataType$": { const: "String" },
    "^MessageAttributes\\.entry\\.[0-9]+\\.Value\\.StringValue$": { type: "string", minLength: 1, maxLength: 512 },
  },
  additionalProperties: false,
});

const bytesOf = (form: Readonly<Record<string, string>>): number =>
  Buffer.byteLength(
    Object.entries(form)
      .filter(([name]) => /^Message(Attributes|$)/.test(name))
      .map(([, value]) => value)
      .join(""),
  );

/** Returns the signature that a request has, and the one that it must have. */
function signaturesOf({ method, path, headers, body }: Got): readonly [found: string, computed: string] {
  const [, id, day, region, names = "", found = ""] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/sns\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      String(headers["authorization"]),
    ) ?? [];
  const time = String(headers["x-amz-date"]);
  assert.deepEqual([id, day, region], [ID, time.slice(0, 8), "eu-central-1"]);
  assert.ok(names.split(";").includes("host") && names.split(";").includes("x-amz-date"), names);
  const signed = Object.fromEntries(names.split(";").map((name) => [name, String(headers[name])]));
  const form = new URLSearchParams(body as Record<string, string>).toString();
  const scope = { secret: SECRET, time, region: "eu-central-1", service: "sns" };
  return [found, signatureV4({ method, path, headers: signed, body: form }, scope)];
}

test("the computation of signatures agrees with AWS's own examples", () => {
  // The cases get-vanilla, post-vanilla and post-x-www-form-urlencoded of AWS's test suite for
  // Signature Version 4.
  const scope = { secret: SECRET, time: "20150830T123600Z", region: "us-east-1", service: "service" };
  const headers = { host: "example.amazonaws.com", "x-amz-date": "20150830T123600Z" };
  const form = { ...headers, "content-type": "application/x-www-form-urlencoded" };
  assert.deepEqual(
    [
      signatureV4({ method: "GET", path: "/", headers, body: "" }, scope),
      signatureV4({ method: "POST", path: "/", headers, body: "" }, scope),
      signatureV4({ method: "POST", path: "/", headers: form, body: "Param1=value1" }, scope),
    ],
    [
      "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
      "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ],
  );
});

suite("SNS", () => {
  test("gets each change as a message, as people read it", async () => {
    await assertScenes("sns", action, () => published);
  });

  test("gets a request that is signed, also with a token", async () => {
    await using server = await serving(() => published);
    assert.deepEqual(await send(action(server.url), contentOf({}, slow)), { ok: true });
    const withToken = action(server.url, { sessionToken: { from: "plain", value: TOKEN } });
    assert.deepEqual(await send(withToken, contentOf({}, slow)), { ok: true });
    for (const got of server.got) {
      const [found, computed] = signaturesOf(got);
      assert.equal(found, computed);
      validate(got.body);
    }
    assert.deepEqual(
      server.got.map(({ headers }) => headers["x-amz-security-token"]),
      [undefined, TOKEN],
    );
  });

  test("a FIFO topic has the group's order, and no message twice", async () => {
    await using server = await serving(() => published);
    const fifo = action(server.url, { topic: `${TOPIC}.fifo` });
    for (const content of [
      contentOf({}, slow),
      contentOf({}, ended),
      contentOf({ group: { key: "other", labels: {} } }, slow),
    ])
      assert.deepEqual(await send(fifo, content), { ok: true });
    const forms = server.got.map(({ body }) => body as Record<string, string>);
    const [first, second, other] = forms.map((form) => form["MessageGroupId"]);
    assert.match(first ?? "", /^[0-9a-f]{32}$/);
    assert.equal(first, second);
    assert.notEqual(first, other);
    assert.equal(forms[0]?.["MessageDeduplicationId"], "delivery-1");
    forms.forEach(validate);
  });

  test("an error says whose fault it is, without the key", async () => {
    const cases = [
      [400, "Throttling", "passing"],
      [400, "InvalidParameter", "message"],
      [403, "InvalidClientTokenId", "setup"],
      [403, "SignatureDoesNotMatch", "setup"],
      [404, "NotFound", "setup"],
      [500, "InternalError", "passing"],
    ] as const;
    for (const [status, code, trouble] of cases) {
      await using server = await serving(() => refused(status, code, `no ${SECRET}`));
      const outcome = await send(action(server.url), contentOf({}, slow));
      assert.deepEqual(outcome, { ok: false, trouble, error: `AWS SNS answers ${status}: ${code}: no ***` });
    }
    await using server = await serving(() => ({ body: "<html>Sign in</html>" }));
    assert.partialDeepStrictEqual(await send(action(server.url), contentOf({}, slow)), {
      ok: false,
      trouble: "passing",
    });
  });

  test("the settings give the region, and the environment the credentials", async () => {
    const read = (topic: string): unknown => {
      const text = `actions: {cloud: {sns: {topic: "${topic}"}}}\ndefaults: {action: cloud}\n`;
      const { result, diagnostics } = readSettings({ path: "bpfwarden.yaml", text }, "/etc/bpfwarden", "web1");
      assert.deepEqual(diagnostics, []);
      return result?.actions.get("cloud");
    };
    assert.partialDeepStrictEqual(read(TOPIC), {
      region: "eu-central-1",
      url: { from: "plain", value: "https://sns.eu-central-1.amazonaws.com/" },
      accessKeyId: { from: "env", name: "AWS_ACCESS_KEY_ID" },
    });
    assert.partialDeepStrictEqual(read("arn:aws-cn:sns:cn-north-1:123456789012:a.fifo"), {
      url: { from: "plain", value: "https://sns.cn-north-1.amazonaws.com.cn/" },
    });
    delete process.env["AWS_ACCESS_KEY_ID"];
    const outcome = await send(
      action("http://127.0.0.1:1", { accessKeyId: { from: "env", name: "AWS_ACCESS_KEY_ID" } }),
      contentOf({}, slow),
    );
    assert.partialDeepStrictEqual(outcome, {
      ok: false,
      trouble: "setup",
      error: 'the environment variable "AWS_ACCESS_KEY_ID" is not set',
    });
    assert.equal(sns.expects, "the address of AWS SNS");
  });
});

test("any message of SNS is valid, within the limits, and nothing in it is invisible", () => {
  assertAnyMessage((message, content) => {
    for (const topic of [TOPIC, `${TOPIC}.fifo`]) {
      const form = Object.fromEntries(publication({ id: "delivery-1", content }, message, topic, { instance: "web1" }));
      validate(form);
      assert.ok(bytesOf(form) <= 256 * 1024);
      for (const value of Object.values(form)) assertVisible(value);
    }
  });
});
