// `npm run package`: installs what making packages needs, then makes them.
import { fail } from "./fail.mjs";
import { installSystemPackages } from "./install-packages.mjs";
import { runOnPinnedNode } from "./pinned-node.mjs";

if (installSystemPackages("package").length > 0) fail(["packages cannot be made without what is missing, see above"]);
else await runOnPinnedNode(["packaging/package/package.ts", ...process.argv.slice(2)]);
