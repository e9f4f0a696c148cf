import type { IncomingHttpHeaders } from "node:http";
import type { ControlApi } from "../api/control-api.ts";
import type { StatusPage } from "../page/status-page.ts";
import type { HealthSource } from "./health.ts";
import type { MetricsSource } from "../metrics/metrics-source.ts";
import type { HttpAnswer } from "./http-answer.ts";

/** The sources of answers. */
export interface HttpSource {
  /** the reports that the control socket also gives */
  readonly control: ControlApi;
  readonly health: HealthSource;
  readonly metrics: MetricsSource;
  readonly page: StatusPage;
}

/** A request whose Host header was checked. */
export interface HttpQuestion {
  /** the segment of `*` in the path; "" without one */
  readonly name: string;
  readonly query: URLSearchParams;
  /** by names in lower case */
  readonly headers: IncomingHttpHeaders;
  /** aborts if the client goes away, or the server ends */
  readonly signal: AbortSignal;
}

/** One path that the server answers. HEAD is answered as GET, without the body. */
export interface HttpRoute {
  readonly method: "GET";
  /** the last part may be `*`, for any segment */
  readonly path: string;
  /** throws ApiError for a request that cannot be answered */
  readonly answer: (source: HttpSource, question: HttpQuestion) => HttpAnswer | Promise<HttpAnswer>;
}
