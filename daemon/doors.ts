import { ControlDoor, type ControlDoorOptions } from "./api/control-door.ts";
import type { HttpReport } from "./api/status-report.ts";
import { HttpDoor } from "./http/http-door.ts";
import type { HttpSource } from "./http/http-route.ts";
import type { Settings } from "./settings/settings.ts";

export interface DoorsOptions extends ControlDoorOptions {
  readonly http: Omit<HttpSource, "control">;
}

/** The ways in: the control socket for commands, and HTTP for all that only read. */
export class Doors implements AsyncDisposable {
  readonly #control: ControlDoor;
  readonly #http: HttpDoor;

  constructor(options: DoorsOptions) {
    const { http, api, logger } = options;
    this.#control = new ControlDoor(options);
    this.#http = new HttpDoor({ logger, source: { ...http, control: api } });
  }

  /** Opens what the settings ask for, again if it was lost. Never rejects. */
  async open({ socket, http }: Pick<Settings, "socket" | "http">): Promise<void> {
    await this.#control.open(socket);
    await this.#http.open(http);
  }

  get http(): HttpReport | undefined {
    return this.#http.report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
    await this.#control[Symbol.asyncDispose]();
  }
}
