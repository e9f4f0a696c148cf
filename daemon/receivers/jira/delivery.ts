import { editedMessage, rememberedFields, rememberedText } from "../../notify/deliver/edited-message.ts";
import { httpDelivery, type HttpRequests, type RenderContext } from "../../notify/deliver/http-delivery.ts";
import type { HttpRequest } from "../../notify/deliver/http-request.ts";
import { answerFields, answerText, fieldsOf, isSuccess, strangeAnswer } from "../../notify/deliver/json-answer.ts";
import type { Answer } from "../../notify/deliver/post.ts";
import type { DeliveryTo } from "../../notify/deliver/receiver-delivery.ts";
import { chatMessage } from "../../notify/message/chat-message.ts";
import type { Outcome } from "../../notify/queue/delivery.ts";
import { jsonLine } from "../../text/json-line.ts";
import { withoutEndSlashes } from "../../text/without-end-slashes.ts";
import { changedFields, comment, issueLabel, newIssue } from "./jira-issue.ts";
import type { JiraSettings } from "./settings.ts";

/**
 * Creates one issue for a group of alerts, and comments on it as they change and end
 * (https://developer.atlassian.com/cloud/jira/platform/rest/v3/). Before it creates one, it looks
 * for the issue by its label: the answer to an earlier attempt may be lost.
 */
export const receiverDelivery = httpDelivery<JiraSettings>({ render, classify });

/** The steps of a delivery: each gets the answer to a request. */
type Steps<Result> = Generator<HttpRequest, Result, Answer>;

/** Returns a request to the API. */
type Call = (method: string, path: string, body?: object) => HttpRequest;

function* render(delivery: DeliveryTo<JiraSettings>, context: RenderContext): Extract<HttpRequests, Generator> {
  const { id, action, content } = delivery;
  const message = chatMessage(content, context.labels);
  const site = withoutEndSlashes(context.readSecret(action.url).trim());
  const call = caller(site, action, context);
  const place = ["jira", site, action.project];
  const label = issueLabel(id, content, context.labels);
  const remember = (key: string, commented?: string): void => {
    if (content.kind === "alerts") context.remember(rememberedText(key, message, place, { commented }));
  };
  let key = editedMessage(delivery, place)?.id;
  if (key !== undefined && !(yield* edit(call, key, changedFields(message, action)))) key = undefined;
  if (key === undefined) {
    key = yield* find(call, action, label);
    const isNew = key === undefined;
    key ??= answerText(answerFields(yield call("POST", "issue", newIssue(message, action, label)))["key"]);
    if (key === undefined) return;
    remember(key);
    if (isNew && message.tone !== "resolved") return;
    yield* edit(call, key, changedFields(message, action));
  }
  const isCommented = hasCommented(delivery);
  remember(key, isCommented ? id : undefined);
  if (!isCommented) yield call("POST", `issue/${encodeURIComponent(key)}/comment`, comment(message));
  const { resolveTransition } = action;
  if (message.tone !== "resolved" || resolveTransition === undefined) return;
  // Jira may refuse the transition each time, such as for a field that it asks for.
  remember(key, id);
  yield* move(call, key, resolveTransition);
}

/** True if an earlier attempt of the delivery has written its comment. */
function hasCommented({ id, known }: DeliveryTo<JiraSettings>): boolean {
  return rememberedFields(known)["commented"] === id;
}

function caller(site: string, { user, token }: JiraSettings, { readSecret }: RenderContext): Call {
  const credentials = Buffer.from(`${user}:${readSecret(token).trim()}`).toString("base64");
  const headers = { Authorization: `Basic ${credentials}`, Accept: "application/json" };
  return (method, path, body) => ({
    ...{ url: `${site}/rest/api/3/${path}`, method, headers },
    body: body === undefined ? "" : jsonLine(body),
  });
}

/** Changes an issue. Returns false if it is gone. */
function* edit(call: Call, key: string, fields: object): Steps<boolean> {
  const answer = yield { ...call("PUT", `issue/${encodeURIComponent(key)}`, { fields }), isExpected: isGone };
  return !isGone(answer);
}

const isGone = ({ status }: Answer): boolean => status === 404;

/** Returns the key of the issue with a label, if there is one already. */
function* find(call: Call, { project }: JiraSettings, label: string): Steps<string | undefined> {
  const jql = `project = "${project}" AND labels = "${label}"`;
  const { issues } = answerFields(yield call("POST", "search/jql", { jql, fields: ["key"], maxResults: 1 }));
  return Array.isArray(issues) ? answerText(fieldsOf(issues[0])["key"]) : undefined;
}

/** Moves an issue by a transition, unless its state has none of this name: it may be done already. */
function* move(call: Call, key: string, name: string): Steps<void> {
  const path = `issue/${encodeURIComponent(key)}/transitions`;
  const { transitions } = answerFields(yield call("GET", path));
  const all = Array.isArray(transitions) ? transitions.map(fieldsOf) : [];
  const id = answerText(all.find((each) => answerText(each["name"])?.toLowerCase() === name.toLowerCase())?.["id"]);
  if (id !== undefined) yield call("POST", path, { transition: { id } });
}

/** Fields of the answers that say something: a created issue or comment, a search, transitions. */
const ANSWERED = ["id", "issues", "transitions"];

/**
 * Returns the outcome of a 400, which names fields that the project does not take as they are, and
 * of a success that is not Jira's. It answers 204 to changes.
 */
function classify(answer: Answer): Outcome | undefined {
  const fields = answerFields(answer);
  if (isSuccess(answer) && answer.status !== 204 && !ANSWERED.some((name) => name in fields))
    return strangeAnswer(answer, "Jira", "an id");
  if (answer.status !== 400) return undefined;
  const { errors, errorMessages } = fields;
  const messages = Array.isArray(errorMessages) ? errorMessages.flatMap((text) => answerText(text) ?? []) : [];
  const faults = Object.entries(fieldsOf(errors)).map(([name, text]) => `${name}: ${answerText(text) ?? ""}`);
  return { ok: false, trouble: "setup", error: `Jira answers 400: ${[...messages, ...faults].join("; ")}` };
}
