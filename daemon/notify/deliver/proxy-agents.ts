import { Agent } from "node:http";

/** As Node's own agents: connections are kept for the next message, but not for long. */
const KEEPING = { keepAlive: true, scheduling: "lifo", timeout: 5_000 } as const;

/** This host: nothing that is sent here goes through a proxy, as in Go's net/http. */
const LOOPBACK = "localhost,127.0.0.0-127.255.255.255,::1";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the variables `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` of an environment, in either
 * case, with this host left out.
 */
export function proxyVariables(environment: Environment): Record<string, string> {
  const valueOf = (name: string): string => environment[name.toLowerCase()] ?? environment[name] ?? "";
  const without = valueOf("NO_PROXY");
  const isAll = without.split(/[ ,]+/).includes("*");
  return {
    http_proxy: valueOf("HTTP_PROXY"),
    https_proxy: valueOf("HTTPS_PROXY"),
    no_proxy: isAll ? "*" : [without, LOOPBACK].filter((each) => each !== "").join(","),
  };
}

let plain: Agent | undefined;
let secure: Agent | undefined;

/** The connections for http, through the proxy of the environment if there is one. */
export function plainAgent(): Agent {
  plain ??= new Agent({ ...KEEPING, proxyEnv: proxyVariables(process.env) });
  return plain;
}

/** The connections for https. */
export async function secureAgent(): Promise<Agent> {
  const https = await import("node:https");
  secure ??= new https.Agent({ ...KEEPING, proxyEnv: proxyVariables(process.env) });
  return secure;
}
