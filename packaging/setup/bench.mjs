// `npm run bench`: what the figures are compared with, then the measurements.
import { installSystemPackages } from "./install-packages.mjs";
import { runOnPinnedNode } from "./pinned-node.mjs";
import { mountTracefs } from "./tracefs.mjs";

installSystemPackages("bench");
mountTracefs();
await runOnPinnedNode(["--expose-gc", "test/bench/bench.ts", ...process.argv.slice(2)]);
