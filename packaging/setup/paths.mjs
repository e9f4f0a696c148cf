import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout that this file lies in. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

export const nodeModules = join(root, "node_modules");
