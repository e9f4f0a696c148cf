// `npm test`: installs what a fresh clone lacks, then runs the checks and the tests. Tests skip
// themselves, with the reason, if something cannot be installed here.
import { installSystemPackages } from "./install-packages.mjs";
import { runOnPinnedNode } from "./pinned-node.mjs";
import { mountTracefs } from "./tracefs.mjs";

installSystemPackages("test");
mountTracefs();
await runOnPinnedNode(["test/run.ts", ...process.argv.slice(2)]);
