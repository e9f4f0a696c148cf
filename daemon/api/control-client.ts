import { request } from "node:http";
import type { ErrorBody } from "./api-error.ts";
import type { DrillReport, DrillRequest } from "./drill-report.ts";
import type { SilenceReport, SilenceRequest } from "./silence-report.ts";
import type { RuleReport, StatusReport } from "./status-report.ts";

/** The other end of `ControlApi`. Its methods reject with ControlError. */
export interface ControlClient {
  status(): Promise<StatusReport>;
  rule(name: string): Promise<RuleReport>;
  silences(): Promise<readonly SilenceReport[]>;
  addSilence(request: SilenceRequest): Promise<SilenceReport>;
  expireSilence(id: string): Promise<SilenceReport>;
  drill(request: DrillRequest): Promise<DrillReport>;
}

/** The daemon refused what was asked, or could not be asked; the message is for people. */
export class ControlError extends Error {}

/** Asks the daemon that listens at a socket. */
export function controlClient(socketPath: string): ControlClient {
  const ask = <Answer>(method: string, path: string, body?: unknown): Promise<Answer> =>
    send(socketPath, method, path, body) as Promise<Answer>;
  return {
    status: () => ask("GET", "/v1/status"),
    rule: (name) => ask("GET", `/v1/rules/${encodeURIComponent(name)}`),
    silences: async () => (await ask<{ readonly silences: readonly SilenceReport[] }>("GET", "/v1/silences")).silences,
    addSilence: (silence) => ask("POST", "/v1/silences", silence),
    expireSilence: (id) => ask("DELETE", `/v1/silences/${encodeURIComponent(id)}`),
    drill: (drill) => ask("POST", "/v1/drills", drill),
  };
}

async function send(socketPath: string, method: string, path: string, body: unknown): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const outgoing = request({ socketPath, method, path, headers: { "Content-Type": "application/json" } });
  outgoing.on("error", (error) => reject(unreachable(socketPath, error)));
  outgoing.on("response", (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    response.on("error", (error) => reject(unreachable(socketPath, error)));
    response.on("end", () => {
      const answer = parsed(text);
      if (response.statusCode === 200 && answer !== undefined) resolve(answer);
      else reject(refused(answer, response.statusCode ?? 0));
    });
  });
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function refused(answer: unknown, status: number): ControlError {
  const error = (answer as Partial<ErrorBody> | undefined)?.error;
  if (error === undefined) return new ControlError(`the daemon gave an answer that is none (HTTP ${status})`);
  return new ControlError([error.message, ...(error.details ?? [])].join("\n  "));
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket",
  ECONNREFUSED: "the one that left it has ended",
  EACCES: "only root may",
  ENOTSOCK: "it is no socket",
};

function unreachable(socketPath: string, error: NodeJS.ErrnoException): ControlError {
  const cause = CAUSES[error.code ?? ""];
  if (cause === undefined) return new ControlError(`the daemon at "${socketPath}" gave no answer: ${error.message}`);
  return new ControlError(`no daemon listens at "${socketPath}": ${cause}`);
}
