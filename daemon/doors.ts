import { ControlDoor, type ControlDoorOptions } from "./api/control-door.ts";
import { type ControlOptions, createControl, receiverReports } from "./control.ts";
import type { HealthSource } from "./http/health.ts";
import { HttpDoor } from "./http/http-door.ts";
import type { MetricsSource } from "./metrics/metrics-source.ts";
import { createPageSource } from "./page-source.ts";
import { StatusPage } from "./page/status-page.ts";
import type { TickCounts } from "./service/tick-meter.ts";
import type { Settings } from "./settings/settings.ts";
import { VERSION } from "./version.ts";

export interface DoorsOptions extends Omit<ControlOptions, "http">, Pick<ControlDoorOptions, "use" | "logger"> {
  readonly health: HealthSource;
  readonly ticks: () => TickCounts;
}

/** The ways in: the control socket for commands, and HTTP for all that only read. */
export class Doors implements AsyncDisposable {
  readonly #control: ControlDoor;
  readonly #http: HttpDoor;
  readonly #page: StatusPage;

  constructor(options: DoorsOptions) {
    const { use, logger, folder, health } = options;
    const control = { ...options, http: () => this.#http.report };
    const api = createControl(control);
    this.#control = new ControlDoor({ api, use, logger, folder });
    const metrics = metricsSource(control, options.ticks);
    this.#page = new StatusPage(createPageSource(control, logger));
    this.#http = new HttpDoor({ logger, source: { control: api, health, metrics, page: this.#page } });
  }

  /**
   * Opens what the settings ask for, again if it was lost. To be called every few seconds: the page
   * takes the points of its charts then. Never rejects.
   */
  async open({ socket, http }: Pick<Settings, "socket" | "http">): Promise<void> {
    await this.#control.open(socket);
    await this.#http.open(http);
    this.#page.step(http !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
    await this.#control[Symbol.asyncDispose]();
  }
}

function metricsSource(control: ControlOptions, ticks: () => TickCounts): MetricsSource {
  const { rules, problems, notices, startedAtUnixMs } = control;
  return {
    ...{ rules, problems, ticks, startedAtUnixMs, version: VERSION },
    receivers: () => receiverReports(control),
    notices: () => notices().map(({ alertname }) => alertname),
    stateTrouble: () => control.state().trouble,
  };
}
