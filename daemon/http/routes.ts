import { ApiError } from "../api/api-error.ts";
import { segmentIn } from "../api/match-path.ts";
import { healthAnswer, readyAnswer } from "./health.ts";
import { metricsAnswer } from "./metrics.ts";
import type { HttpRoute } from "./http-route.ts";

/** Every path that the server answers. */
export const HTTP_ROUTES: readonly HttpRoute[] = [
  { method: "GET", path: "/", answer: ({ page }) => page.file("index.html") },
  { method: "GET", path: "/page/*", answer: ({ page }, { name }) => page.file(name) },
  { method: "GET", path: "/events", answer: ({ page }, { query, signal }) => page.events(query.get("rule"), signal) },
  { method: "GET", path: "/healthz", answer: ({ health }) => healthAnswer(health) },
  { method: "GET", path: "/readyz", answer: ({ health }) => readyAnswer(health) },
  {
    ...{ method: "GET", path: "/metrics" },
    answer: ({ metrics }, { headers }) => metricsAnswer(metrics, headers.accept),
  },
];

export interface FoundHttpRoute {
  readonly route: HttpRoute;
  /** the segment of `*` */
  readonly name: string;
  readonly query: URLSearchParams;
}

/** No route has a path, or the path has no such method. */
export class NoSuchRoute extends ApiError {
  /** the methods that the path has */
  readonly allowed: readonly string[];

  constructor(status: number, message: string, allowed: readonly string[] = []) {
    super(status, message);
    this.allowed = allowed;
  }
}

/** Returns the route of a request. Throws NoSuchRoute if there is none. */
export function findHttpRoute(method: string, url: string, routes: readonly HttpRoute[]): FoundHttpRoute {
  const [path = "", ...rest] = url.split("?");
  const query = new URLSearchParams(rest.join("?"));
  const here = routes.flatMap((route) => {
    const name = segmentIn(route.path, path);
    return name === undefined ? [] : [{ route, name }];
  });
  if (here.length === 0) throw new NoSuchRoute(404, `the path "${path}" does not exist`);
  const asked = method === "HEAD" ? "GET" : method;
  const found = here.find(({ route }) => route.method === asked);
  if (found !== undefined) return { ...found, query };
  const methods = new Set(here.flatMap(({ route }) => (route.method === "GET" ? ["GET", "HEAD"] : [route.method])));
  const allowed = [...methods];
  throw new NoSuchRoute(405, `expected ${allowed.join(" or ")} at "${path}", found ${method}`, allowed);
}
