import { request } from "node:http";
import type { ErrorBody } from "./api-error.ts";
import type { AlertsReport } from "./alert-report.ts";
import type { PingReport } from "./control-api.ts";
import type { DrillReport, DrillRequest } from "./drill-report.ts";
import type { ExplainReport } from "./explain/explain-report.ts";
import type { HistoryReport, WeeklyReport } from "../store/history-answers.ts";
import type { SilenceReport, SilenceRequest } from "./silence-report.ts";
import type { RuleReport, StatusReport } from "./status-report.ts";

/** The client side of `ControlApi`. Methods reject with ControlError. */
export interface ControlClient {
  /** Resolves if a daemon answers. */
  ping(): Promise<PingReport>;
  status(): Promise<StatusReport>;
  rule(name: string): Promise<RuleReport>;
  alerts(filters: readonly string[]): Promise<AlertsReport>;
  silences(): Promise<readonly SilenceReport[]>;
  addSilence(request: SilenceRequest): Promise<SilenceReport>;
  expireSilence(id: string): Promise<SilenceReport>;
  drill(request: DrillRequest): Promise<DrillReport>;
  explain(name: string, filters: readonly string[]): Promise<ExplainReport>;
  /** @param query the parameters of `/v1/history`, times as RFC 3339 */
  history(query: Readonly<Record<string, string>>): Promise<HistoryReport>;
  report(query: Readonly<Record<string, string>>): Promise<WeeklyReport>;
}

/** The daemon refused the request or could not be reached. The message is for people. */
export class ControlError extends Error {}

/** RFC 9110, section 15.5.1 */
const BAD_REQUEST = 400;

/** The daemon refused the request: it is wrong, and cannot succeed another time. */
export class WrongRequest extends ControlError {}

/** No daemon listens at the socket. */
export class NoListener extends ControlError {}

/** The time limit: `signal` aborts `timeoutMs` after the first request. */
export interface Patience {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export interface ClientOptions extends Patience {
  /** explains a late answer, for the end of the message; empty if there is no explanation */
  readonly lateReason?: () => string;
}

/** No answer of a daemon is this long: another or a broken program listens there. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Creates a client for the daemon at a socket. */
export function controlClient(socketPath: string, options: ClientOptions): ControlClient {
  const ask = <Answer>(method: string, path: string, body?: unknown): Promise<Answer> =>
    send({ socketPath, method, path, body, ...options }) as Promise<Answer>;
  return {
    ping: () => ask("GET", "/v1/ping"),
    status: () => ask("GET", "/v1/status"),
    rule: (name) => ask("GET", `/v1/rules/${encodeURIComponent(name)}`),
    alerts: (filters) => ask("GET", `/v1/alerts?${filterQuery(filters)}`),
    silences: async () => (await ask<{ readonly silences: readonly SilenceReport[] }>("GET", "/v1/silences")).silences,
    addSilence: (silence) => ask("POST", "/v1/silences", silence),
    expireSilence: (id) => ask("DELETE", `/v1/silences/${encodeURIComponent(id)}`),
    drill: (drill) => ask("POST", "/v1/drills", drill),
    explain: (name, filters) => ask("GET", `/v1/explain/${encodeURIComponent(name)}?${filterQuery(filters)}`),
    history: (query) => ask("GET", `/v1/history?${new URLSearchParams(query).toString()}`),
    report: (query) => ask("GET", `/v1/report?${new URLSearchParams(query).toString()}`),
  };
}

function filterQuery(filters: readonly string[]): string {
  return new URLSearchParams(filters.map((filter) => ["filter", filter])).toString();
}

interface Question extends ClientOptions {
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

async function send(question: Question): Promise<unknown> {
  const { socketPath, method, path, body, signal } = question;
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const headers = { "Content-Type": "application/json" };
  const outgoing = request({ socketPath, method, path, headers, signal, agent: false });
  const onError = (error: Error): void => reject(signal.aborted ? late(question) : unreachable(socketPath, error));
  outgoing.on("error", onError);
  outgoing.on("response", (response) => {
    let text = "";
    response.on("error", onError);
    response.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.length > MAX_BYTES) outgoing.destroy(new Error(`it is longer than ${MAX_BYTES / 1024 / 1024} MiB`));
    });
    response.on("end", () => {
      const answer = parsed(text);
      if (response.statusCode === 200 && answer !== undefined) resolve(answer);
      else reject(refused(text, response.statusCode ?? 0));
    });
  });
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

function late({ socketPath, timeoutMs, lateReason }: Question): ControlError {
  const seconds = (timeoutMs / 1000).toFixed(1);
  return new ControlError(`the daemon at "${socketPath}" gave no answer within ${seconds} s${lateReason?.() ?? ""}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Returns the error of an answer that is not 200. */
export function refused(text: string, status: number): ControlError {
  const error = (parsed(text) as Partial<ErrorBody> | undefined)?.error;
  if (error === undefined) return new ControlError(`the daemon gave an answer that cannot be read (HTTP ${status})`);
  const message = [error.message, ...(error.details ?? [])].join("\n  ");
  return status === BAD_REQUEST ? new WrongRequest(message) : new ControlError(message);
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: "the socket does not exist",
  ECONNREFUSED: "the daemon that made the socket has ended",
  EACCES: "only root may connect",
  ENOTSOCK: "it is not a socket",
};

/** Returns the error of a request without an answer. */
export function unreachable(socketPath: string, error: NodeJS.ErrnoException): ControlError {
  const cause = CAUSES[error.code ?? ""];
  if (cause === undefined) return new ControlError(`the daemon at "${socketPath}" gave no answer: ${error.message}`);
  return new NoListener(`no daemon listens at "${socketPath}": ${cause}`);
}
