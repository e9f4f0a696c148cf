// `node run.mjs FILE ARG...`: installs the npm packages and runs a file of the checkout with the
// pinned Node.
import { runOnPinnedNode } from "./pinned-node.mjs";

await runOnPinnedNode(process.argv.slice(2));
