// `npm run test:vm`: installs what building and booting the guests needs, then runs the tests in
// them.
import { fail } from "./fail.mjs";
import { installSystemPackages } from "./install-packages.mjs";
import { runOnPinnedNode } from "./pinned-node.mjs";

const missing = [...installSystemPackages("vm"), ...installSystemPackages("package")];
if (missing.length > 0) fail(["the guests cannot be built without what is missing, see above"]);
// The function that strips types from sources warns that it may change.
else await runOnPinnedNode(["--disable-warning=ExperimentalWarning", "test/vm/run.ts", ...process.argv.slice(2)]);
