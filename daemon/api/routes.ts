import controlSchema from "../../schemas/control.schema.json" with { type: "json" };
import { ApiError } from "./api-error.ts";
import type { ControlApi } from "./control-api.ts";
import type { DrillRequest } from "./drill-report.ts";
import { JsonText } from "./json-text.ts";
import { segmentIn } from "./match-path.ts";
import { requestValidator } from "./request-validator.ts";
import type { SilenceRequest } from "./silence-report.ts";

/** One request that the daemon answers. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** the last part may be `*`, for any segment */
  readonly path: string;
  /** answers a request; `name` is the segment of `*`, `body` the body of a POST */
  readonly answer: (api: ControlApi, name: string, body: unknown, query: URLSearchParams) => unknown;
}

// The schema and the types describe the same.
const silenceRequest = requestValidator(controlSchema, "silenceRequest");
const drillRequest = requestValidator(controlSchema, "drillRequest");

/** All routes of version 1. Existing routes never change; new ones are added. */
export const ROUTES: readonly Route[] = [
  { method: "GET", path: "/v1/ping", answer: (api) => api.ping() },
  { method: "GET", path: "/v1/status", answer: (api) => api.status() },
  { method: "GET", path: "/v1/rules/*", answer: (api, name) => api.rule(name) },
  { method: "GET", path: "/v1/alerts", answer: (api, _name, _body, query) => api.alerts(query.getAll("filter")) },
  { method: "GET", path: "/v1/silences", answer: (api) => ({ silences: api.silences() }) },
  {
    method: "POST",
    path: "/v1/silences",
    answer: (api, _name, body) => api.addSilence(silenceRequest(body) as SilenceRequest),
  },
  { method: "DELETE", path: "/v1/silences/*", answer: (api, name) => api.expireSilence(name) },
  { method: "POST", path: "/v1/drills", answer: (api, _name, body) => api.drill(drillRequest(body) as DrillRequest) },
  {
    method: "GET",
    path: "/v1/history",
    answer: async (api, _name, _body, query) => new JsonText(await api.history(query)),
  },
  {
    method: "GET",
    path: "/v1/explain/*",
    answer: (api, name, _body, query) => api.explain(name, query.getAll("filter")),
  },
  { method: "GET", path: "/v1/follow", answer: (api, _name, _body, query) => api.follow(query.getAll("rule")) },
  {
    method: "GET",
    path: "/v1/report",
    answer: async (api, _name, _body, query) => new JsonText(await api.report(query)),
  },
];

export interface FoundRoute {
  readonly route: Route;
  /** the segment of `*` */
  readonly name: string;
  readonly query: URLSearchParams;
}

/** Returns the route of a request. Throws ApiError if there is none. */
export function findRoute(method: string, url: string): FoundRoute {
  const [path = "", ...rest] = url.split("?");
  const query = new URLSearchParams(rest.join("?"));
  const here = ROUTES.flatMap((route) => {
    const name = segmentIn(route.path, path);
    return name === undefined ? [] : [{ route, name }];
  });
  if (here.length === 0) throw new ApiError(404, `the path "${path}" does not exist`);
  const found = here.find(({ route }) => route.method === method);
  if (found !== undefined) return { ...found, query };
  const allowed = here.map(({ route }) => route.method).join(" or ");
  throw new ApiError(405, `expected ${allowed} at "${path}", found ${method}`);
}
