import { join } from "node:path";
import { nodeModules } from "./paths.mjs";

/**
 * The flags with which Node.js runs the daemon. With a young generation of 2 MB, alerts by the
 * thousand would need four times as many collections; an idle daemon gives the room of 8 MB back.
 * The daemon asks for a garbage collection after each reload; otherwise the garbage of the compiler
 * would stay until the heap has grown. The unit file has the same flags. SIGUSR1 must not open
 * Node's debugger: every local user could connect to it and become root.
 */
export const DAEMON_FLAGS = ["--disable-sigusr1", "--max-semi-space-size=8", "--expose-gc"];

/**
 * The cache of stripped sources and compiled schemas. The stripper alone takes 24 MB and half of
 * the start-up time.
 */
export const COMPILE_CACHE = join(nodeModules, ".cache", "bpfwarden");
