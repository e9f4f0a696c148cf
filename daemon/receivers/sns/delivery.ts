import { httpDelivery, type RenderContext } from "../../notify/deliver/http-delivery.ts";
import type { HttpRequest } from "../../notify/deliver/http-request.ts";
import { isSuccess, strangeAnswer } from "../../notify/deliver/json-answer.ts";
import type { Answer } from "../../notify/deliver/post.ts";
import { chatMessage } from "../../notify/message/chat-message.ts";
import type { Outcome } from "../../notify/queue/delivery.ts";
import type { Trouble } from "../../notify/queue/trouble.ts";
import type { Secret } from "../../settings/values/secret.ts";
import type { SnsSettings } from "./settings.ts";
import { publication } from "./sns-message.ts";

const FORM = "application/x-www-form-urlencoded; charset=utf-8";

/** Publishes one message for each change of a group (API_Publish), with Signature Version 4. */
export const receiverDelivery = httpDelivery<SnsSettings>({
  render: (delivery, context) => {
    const { action, content } = delivery;
    const { labels, readSecret } = context;
    const body = publication(delivery, chatMessage(content, labels), action.topic, labels).toString();
    const request = { url: readSecret(action.url).trim(), body };
    return [{ ...request, headers: { "Content-Type": FORM }, signed: signer(request, action, context) }];
  },
  classify,
});

/** The credentials of AWS. */
interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Returns the function that signs a request. The secrets are read now, so that a missing one is
 * found.
 */
function signer(
  { url, body }: Pick<HttpRequest, "url" | "body">,
  action: SnsSettings,
  context: RenderContext,
): NonNullable<HttpRequest["signed"]> {
  const credentials = credentialsOf(action, context);
  const datetime = new Date(context.nowUnixMs()).toISOString().replace(/[:-]|\.\d{3}/g, "");
  return async () => {
    // Loaded with the first message: most hosts can do without it.
    const { AwsV4Signer } = await import("aws4fetch");
    const request = { method: "POST", url, body, headers: { "Content-Type": FORM }, datetime };
    const { headers } = await new AwsV4Signer({
      ...{ ...request, ...credentials, service: "sns", region: action.region },
    }).sign();
    return Object.fromEntries(headers);
  };
}

function credentialsOf(
  { accessKeyId, secretAccessKey, sessionToken }: SnsSettings,
  { readSecret }: RenderContext,
): Credentials {
  const token = sessionToken && optional(sessionToken, readSecret);
  return {
    ...{ accessKeyId: readSecret(accessKeyId).trim(), secretAccessKey: readSecret(secretAccessKey).trim() },
    ...(token !== undefined && { sessionToken: token.trim() }),
  };
}

/** Returns a secret, or undefined if it is a variable of the environment that is not set. */
function optional(secret: Secret, readSecret: RenderContext["readSecret"]): string | undefined {
  return secret.from === "env" && process.env[secret.name] === undefined ? undefined : readSecret(secret);
}

/** Codes of errors that are not as their status says (API_Publish, and errors common to all of AWS). */
const TROUBLES: ReadonlyMap<string, Trouble> = new Map([
  ...["Throttling", "ThrottlingException", "Throttled", "RequestThrottled", "KMSThrottling"].map(passing),
  ...["RequestExpired", "InternalError", "InternalFailure", "ServiceUnavailable"].map(passing),
  ...["InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationError"].map(ofMessage),
]);

function passing(code: string): readonly [string, Trouble] {
  return [code, "passing"];
}

function ofMessage(code: string): readonly [string, Trouble] {
  return [code, "message"];
}

/** Returns the outcome of an error, which is XML: its code says more than its status. */
function classify(answer: Answer): Outcome | undefined {
  const { status, body } = answer;
  if (isSuccess(answer))
    return body.includes("<MessageId>") ? undefined : strangeAnswer(answer, "AWS SNS", "a MessageId");
  const code = /<Code>([A-Za-z.]{1,100})<\/Code>/.exec(body)?.[1];
  if (status < 400 || code === undefined) return undefined;
  const message = /<Message>([^<]{0,500})<\/Message>/.exec(body)?.[1] ?? "";
  const trouble = TROUBLES.get(code) ?? (status >= 500 || status === 429 ? "passing" : "setup");
  return { ok: false, trouble, error: `AWS SNS answers ${status}: ${code}: ${message}` };
}
