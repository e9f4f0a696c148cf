import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { text } from "node:stream/consumers";
import { kernelTest } from "../privilege.ts";
import { countedRows } from "../support/counted.ts";
import { libraryRule } from "../support/library-rules.ts";
import { LoadedRule } from "../support/loaded-rule.ts";

kernelTest("java-gc-pauses counts as many pauses as the Java machine's own log", async () => {
  const java = realpathSync(execFileSync("which", ["java"], { encoding: "utf8" }).trim());
  const ours = java.replace(/\/bin\/java$/, "/lib/server/libjvm.so");
  const ofThisJava = libraryRule("java-gc-pauses").replaceAll("/usr/lib/jvm/default-java/lib/server/libjvm.so", ours);
  await using rule = new LoadedRule(ofThisJava);
  // So little memory that a look at its own modules needs some collections, the whole heap's among
  // them.
  const memory = ["-Xmn512k", "-Xmx4m", "-XX:MetaspaceSize=1m"];
  const options = ["-Xshare:off", "-Xlog:gc", "-XX:+UseSerialGC", ...memory, "--validate-modules"];
  const startedMs = performance.now();
  const child = spawn(java, options, { stdio: ["ignore", "pipe", "ignore"] });
  const log = await text(child.stdout);
  const tookNs = (performance.now() - startedMs) * 1e6;
  const pauses = (kind: string): number => log.split("\n").filter((line) => line.includes(`Pause ${kind}`)).length;
  const rows = await countedRows(rule, { pid: String(child.pid), comm: "java" });
  const found = Object.fromEntries(rows.map(({ labels, counts }) => [labels["full"] ?? "", counts["pauses"] ?? 0]));
  assert.ok(pauses("Young") > 0 && pauses("Full") > 0, log);
  assert.deepEqual(found, { partial: pauses("Young"), full: pauses("Full") });
  const paused = rows.reduce((sum, { counts }) => sum + (counts["paused"] ?? 0), 0);
  assert.ok(paused > 0 && paused < tookNs, `${paused} of ${tookNs} ns`);
});
