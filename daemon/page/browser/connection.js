// The connection to the daemon: messages, and what is known while there are none.

/** @import { PageMessage } from "../page-report.ts" */

/** The daemon sends a message each second. Without one for this long, the page is stale. */
const STALE_MS = 10_000;
/** The time until a refused connection is tried again. */
const RETRY_MS = 3000;

/**
 * @typedef {object} ConnectionOptions
 * @property {(message: PageMessage) => void} onMessage
 * @property {(isLive: boolean) => void} onChange called when the connection is lost or back
 */

export class Connection {
  /** @readonly @type {ConnectionOptions} */
  #options;
  /** @type {EventSource | undefined} */
  #source;
  /** @type {string | undefined} */
  #rule;
  #isLive = false;
  #silence = 0;
  #retry = 0;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * Connects anew, for the overview or for the view of a rule.
   * @param {string | undefined} rule
   */
  open(rule) {
    this.#rule = rule;
    this.#connect();
  }

  #connect() {
    clearTimeout(this.#retry);
    this.#source?.close();
    const source = new EventSource(
      this.#rule === undefined ? "events" : `events?rule=${encodeURIComponent(this.#rule)}`,
    );
    this.#source = source;
    this.#listen();
    source.addEventListener("message", (event) => {
      this.#listen();
      this.#setLive(true);
      this.#options.onMessage(/** @type {PageMessage} */ (JSON.parse(String(event.data))));
    });
    source.addEventListener("error", () => {
      this.#setLive(false);
      // A browser tries again by itself only if it was connected.
      if (source.readyState === EventSource.CLOSED) this.#later();
    });
  }

  /** Waits for the next message. A connection without any is given up. */
  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#setLive(false);
      this.#connect();
    }, STALE_MS);
  }

  #later() {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), RETRY_MS);
  }

  /** @param {boolean} isLive */
  #setLive(isLive) {
    if (this.#isLive === isLive) return;
    this.#isLive = isLive;
    this.#options.onChange(isLive);
  }
}
