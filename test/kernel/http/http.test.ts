import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../../daemon/http/ask.ts";
import { countingRule, SETTINGS } from "../daemon/call-rules.ts";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { listeningPort } from "../support/listening-port.ts";
import { pollUntil } from "../support/poll-until.ts";

const WHO = 1_900_000_151;

kernelTest("the daemon listens for HTTP as the settings say, also after a reload", async () => {
  await using daemon = await DaemonProcess.start({
    rules: { "rule.yaml": countingRule("calls", WHO, 3) },
    settings: `${SETTINGS}http: {listen: "127.0.0.1:0"}\n`,
  });
  const port = await listeningPort(daemon);
  assert.equal((await ask(port, "/healthz")).status, 200);
  await pollUntil("readiness", async () => (await ask(port, "/readyz")).status === 200);
  daemon.writeRule("broken.yaml", "rule: [\n");
  const why = await pollUntil("a broken file", async () => {
    const { status, body } = await ask(port, "/readyz");
    return status === 503 ? body : undefined;
  });
  assert.equal(why, "1 file has errors\n");
  writeFileSync(join(daemon.folder, "bpfwarden.yaml"), SETTINGS);
  await pollUntil("the server to end", async () => {
    try {
      await ask(port, "/healthz");
      return undefined;
    } catch {
      return true;
    }
  });
});
