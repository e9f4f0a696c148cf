import { join } from "node:path";
import { nodeModules } from "./paths.mjs";

/**
 * How Node.js runs the daemon: a small young generation, and a collection that the daemon asks for after each reload, because what
 * compiling a rule leaves behind would otherwise stay until the heap has grown. Together that is some 30 MB. The unit file has
 * the same flags. SIGUSR1 must not open Node's debugger: whoever reaches its port on this host, as every local user does, is what the
 * daemon is, root.
 */
export const DAEMON_FLAGS = ["--disable-sigusr1", "--max-semi-space-size=2", "--expose-gc"];

/** Types are stripped once and kept here: the stripper alone takes 24 MB and half of the start-up time. */
export const COMPILE_CACHE = join(nodeModules, ".cache", "bpfwarden");
