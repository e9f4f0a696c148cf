// `npm run bench`: installs the programs that the figures are compared with, then measures.
import { installSystemPackages } from "./install-packages.mjs";
import { runOnPinnedNode } from "./pinned-node.mjs";
import { mountTracefs } from "./tracefs.mjs";

installSystemPackages("bench");
mountTracefs();
await runOnPinnedNode(["--expose-gc", "test/bench/bench.ts", ...process.argv.slice(2)]);
