import { lookup as askSystem } from "node:dns/promises";
import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";

type Options = Parameters<LookupFunction>[1];
type Callback = Parameters<LookupFunction>[2];

/** RFC 6761 §6.3: these names mean this host, even if a name server says otherwise. */
const LOOPBACK: readonly LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/**
 * Looks up host names so that names without an answer do not delay the others.
 *
 * getaddrinfo(3) cannot be canceled and has two threads of the process, which a few such names
 * would occupy. So each host has one lookup at a time. Hosts that failed last time, and new hosts,
 * wait for each other: one thread stays free for hosts that were found.
 */
export class NameLookup {
  readonly #underWay = new Map<string, Promise<readonly LookupAddress[]>>();
  readonly #found = new Set<string>();
  #others: Promise<unknown> = Promise.resolve();

  /** the lookup function for node:http and other modules that connect by name */
  readonly lookup: LookupFunction = (host, options, callback) => void this.#answer(host, options, callback);

  async #answer(host: string, { all, family }: Options, callback: Callback): Promise<void> {
    const found = await this.addressesOf(host).catch((error: unknown) => error as NodeJS.ErrnoException);
    if (found instanceof Error) return callback(found, "", 0);
    const wanted = familyOf(family);
    const fitting = found.filter((each) => wanted === 0 || each.family === wanted);
    const [first] = fitting;
    if (first === undefined) callback(notFound(host), "", 0);
    else if (all === true) callback(null, fitting);
    else callback(null, first.address, first.family);
  }

  /**
   * Looks up the addresses of a host with the system's settings (nsswitch.conf, hosts,
   * resolv.conf). Rejects with Node's errors.
   */
  addressesOf(host: string): Promise<readonly LookupAddress[]> {
    if (/^(?:.*\.)?localhost\.?$/i.test(host)) return Promise.resolve(LOOPBACK);
    return this.#underWay.getOrInsertComputed(host, () => this.#ask(host).finally(() => this.#underWay.delete(host)));
  }

  async #ask(host: string): Promise<readonly LookupAddress[]> {
    const ask = (): Promise<readonly LookupAddress[]> => askSystem(host, { all: true });
    const asked = this.#found.has(host) ? ask() : this.#inTurn(ask);
    try {
      const addresses = await asked;
      this.#found.add(host);
      return addresses;
    } catch (error) {
      this.#found.delete(host);
      throw error;
    }
  }

  #inTurn<Value>(ask: () => Promise<Value>): Promise<Value> {
    const asked = this.#others.then(ask);
    this.#others = asked.catch(() => undefined);
    return asked;
  }
}

/** The lookup of the process: one for all receivers, because they share its threads. */
export const HOST_NAMES = new NameLookup();

function familyOf(family: Options["family"]): number {
  return family === "IPv4" ? 4 : family === "IPv6" ? 6 : (family ?? 0);
}

function notFound(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" });
}
