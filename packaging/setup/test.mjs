// `npm test`: everything a fresh clone lacks, then the checks and the tests. What cannot be had here, tests that need it say themselves.
import { installSystemPackages } from "./install-packages.mjs";
import { runOnPinnedNode } from "./pinned-node.mjs";
import { mountTracefs } from "./tracefs.mjs";

installSystemPackages("test");
mountTracefs();
await runOnPinnedNode(["test/run.ts", ...process.argv.slice(2)]);
