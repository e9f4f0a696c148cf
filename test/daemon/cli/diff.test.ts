import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { describe, test, type TestContext } from "node:test";
import { deltaLines } from "../../../daemon/cli/rule-files/delta-lines.ts";
import { deltasOf } from "../../../daemon/cli/rule-files/deltas.ts";
import { surveyRules } from "../../../daemon/cli/rule-files/survey.ts";
import { currentTrust } from "../../../daemon/rules/trust.ts";
import { FORKS, ruleFiles } from "./rule-files/configuration-folder.ts";

const OTHER = FORKS.replaceAll("forks", "other");

/** Three rules folders as those of the package, and what differs between them. */
function folders(context: TestContext, ...files: readonly Readonly<Record<string, string>>[]) {
  const made = files.map((each) => ruleFiles(context, each));
  const differences = (): readonly string[] => {
    const { files: found } = surveyRules(
      made.map(({ path }) => path("")),
      undefined,
      currentTrust(),
    );
    return found.flatMap((file) => deltasOf(file, currentTrust())).flatMap((delta) => deltaLines(delta));
  };
  return { made, differences };
}

describe("diff", () => {
  test("shows files that replace others, from the one that counts on, with their differences", (context) => {
    const { made, differences } = folders(
      context,
      { "forks.yaml": FORKS, "other.yaml": OTHER },
      { "forks.yaml": FORKS.replace("for: 5s", "for: 9s"), "other.yaml": OTHER },
      { "forks.yaml": FORKS.replace("for: 5s", "for: 9s") },
    );
    const [vendor, own, run] = made.map(({ path }) => path("forks.yaml"));
    assert.deepEqual(differences(), [
      `[EQUIVALENT]  ${run} → ${own}`,
      `[OVERRIDDEN]  ${own} → ${vendor}`,
      "",
      `--- ${vendor}`,
      `+++ ${own}`,
      "@@ -6,7 +6,7 @@",
      " threshold:",
      "   warning: value > 10",
      "   critical: value > 50 # many",
      "-for: 5s",
      "+for: 9s",
      " description: >-",
      "   Many processes",
      "   are started.",
      "",
      `[EQUIVALENT]  ${made[1]?.path("other.yaml")} → ${made[0]?.path("other.yaml")}`,
    ]);
  });

  test("shows masks of rules and of drop-ins", (context) => {
    const { made, differences } = folders(
      context,
      { "forks.yaml": FORKS, "other.yaml": OTHER, "other.yaml.d/a.yaml": "for: 1s\n" },
      { "other.yaml.d/b.yaml": "for: 2s\n" },
    );
    const [vendor, own] = made.map(({ path }) => path);
    assert.ok(vendor && own);
    symlinkSync("/dev/null", own("forks.yaml"));
    symlinkSync("/dev/null", own("other.yaml.d/a.yaml"));
    assert.deepEqual(differences(), [
      `[MASKED]      ${own("forks.yaml")} → ${vendor("forks.yaml")}`,
      `[MASKED]      ${own("other.yaml.d/a.yaml")} → ${vendor("other.yaml.d/a.yaml")}`,
      `[EXTENDED]    ${vendor("other.yaml")} → ${own("other.yaml.d/b.yaml")}`,
      "  other: for: 5s → 2s",
    ]);
  });

  test("shows the keys that drop-ins change and add, and disabled rules with the place", (context) => {
    const { path, run } = ruleFiles(context, {
      "forks.yaml": FORKS,
      "forks.yaml.d/10-a.yaml": "threshold: {warning: value > 20}\nfor: 1m\n",
      "forks.yaml.d/20-b.yaml": "for: 2m\nkeep_firing: 3m\nenabled: false\n",
    });
    const { exit, output } = run("diff");
    assert.equal(exit, 0);
    assert.equal(
      output,
      `[EXTENDED]    ${path("forks.yaml")} → ${path("forks.yaml.d/10-a.yaml")}
  forks: threshold.warning: value > 10 → value > 20
[EXTENDED]    ${path("forks.yaml")} → ${path("forks.yaml.d/20-b.yaml")}
  forks: for: 5s → 2m
  forks: keep_firing: 3m
  forks: enabled: false
[DISABLED]    forks → ${path("forks.yaml.d/20-b.yaml")}:3
3 differences
`,
    );
    const { differences } = JSON.parse(run("diff", "--json").output) as { differences: readonly unknown[] };
    assert.deepEqual(differences.at(-1), {
      ...{ kind: "disabled", path: path("forks.yaml.d/20-b.yaml"), rule: "forks" },
      place: `${path("forks.yaml.d/20-b.yaml")}:3`,
    });
  });

  test("shows only the rules that were named", (context) => {
    const { run } = ruleFiles(context, {
      ...{ "forks.yaml": FORKS, "forks.yaml.d/a.yaml": "for: 1s\n" },
      ...{ "other.yaml": OTHER, "other.yaml.d/a.yaml": "for: 1s\n" },
    });
    assert.match(run("diff", "other").output, /^\[EXTENDED\] .*other.*\n {2}other: for: 5s → 1s\n1 difference\n$/);
    const unknown = run("diff", "othr");
    assert.equal(unknown.exit, 1);
    assert.match(unknown.errors, /no rule is called "othr"; did you mean "other"\?/);
  });
});
