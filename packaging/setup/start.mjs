// `npm start`: installs what a fresh clone lacks, then runs the daemon on the checkout's own
// rules.d.
import { COMPILE_CACHE, DAEMON_FLAGS } from "./daemon-runtime.mjs";
import { fail } from "./fail.mjs";
import { hostProblems } from "./host-check.mjs";
import { hostFacts } from "./host-facts.mjs";
import { installSystemPackages } from "./install-packages.mjs";
import { root } from "./paths.mjs";
import { runOnPinnedNode } from "./pinned-node.mjs";
import { mountTracefs } from "./tracefs.mjs";

mountTracefs();
const problems = hostProblems(hostFacts());
if (problems.length > 0) fail(problems);
else if (installSystemPackages("start").length > 0)
  fail(["a library is missing that could not be installed, see above"]);
else {
  process.env["NODE_COMPILE_CACHE"] ??= COMPILE_CACHE;
  await runOnPinnedNode([...DAEMON_FLAGS, "daemon/main.ts", "run", "--config", root, ...process.argv.slice(2)]);
}
