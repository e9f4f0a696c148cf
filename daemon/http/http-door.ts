import { errorText } from "../../bpf/source/error-text.ts";
import type { HttpReport } from "../api/status-report.ts";
import type { Logger } from "../service/logger.ts";
import { type HttpSettings, listenText } from "../settings/http-settings.ts";
import type { HttpSource } from "./http-route.ts";
import { type HttpServer, startHttpServer } from "./http-server.ts";

export interface HttpDoorOptions {
  readonly source: HttpSource;
  readonly logger: Logger;
}

/** The HTTP server as the settings of now ask for it. Rules also run without it. */
export class HttpDoor implements AsyncDisposable {
  readonly #options: HttpDoorOptions;
  #settings: HttpSettings | undefined;
  #server: HttpServer | undefined;
  #fault: string | undefined;

  constructor(options: HttpDoorOptions) {
    this.#options = options;
  }

  /** Listens, or no longer, or elsewhere. Call it again to try again. Never rejects. */
  async open(settings: HttpSettings | undefined): Promise<void> {
    const isSame = JSON.stringify(settings) === JSON.stringify(this.#settings);
    if (isSame && (this.#server !== undefined || settings === undefined)) return;
    if (!isSame) await this.#close();
    this.#settings = settings;
    if (settings === undefined) return;
    const { logger } = this.#options;
    try {
      this.#server = await startHttpServer({ ...this.#options, settings });
      this.#fault = undefined;
      logger.info({ listen: listenText(this.#server.address) }, "listening for HTTP");
    } catch (error) {
      const fault = faultText(error as NodeJS.ErrnoException);
      if (fault !== this.#fault)
        logger.error({ listen: listenText(settings.address), fault }, "there is no HTTP server: metrics are missing");
      this.#fault = fault;
    }
  }

  /** undefined if the settings have no server */
  get report(): HttpReport | undefined {
    if (this.#settings === undefined) return undefined;
    return {
      listen: listenText(this.#server?.address ?? this.#settings.address),
      ...(this.#fault !== undefined && { trouble: this.#fault }),
    };
  }

  async #close(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
    this.#fault = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    this.#settings = undefined;
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens at this address: stop it, or set another listen under http",
  EADDRNOTAVAIL: "this host does not have the address",
  EACCES: "this process may not listen at a port below 1024: set another listen under http",
};

function faultText(error: NodeJS.ErrnoException): string {
  return CAUSES[error.code ?? ""] ?? errorText(error);
}
