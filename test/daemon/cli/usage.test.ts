import assert from "node:assert/strict";
import { test } from "node:test";
import manifest from "../../../package.json" with { type: "json" };
import { bpfwarden } from "./run-command.ts";

const WRONG: readonly (readonly [args: readonly string[], errors: RegExp])[] = [
  [["chekc"], /unknown command 'chekc'\n\(Did you mean check\?\)/],
  [["check"], /expected a path of rules, or --settings with a path of settings/],
  [["compile"], /missing required argument 'path'/],
  [["check", "--jsno", "x.yaml"], /unknown option '--jsno'\n\(Did you mean --json\?\)/],
  [["compile", "--emit=exe", "x.yaml"], /Allowed choices are ast, typed, ir, asm, elf/],
  [["compile", "a.yaml", "b.yaml"], /too many arguments/],
  [[], /Usage: bpfwarden/],
];

test("wrong usage is reported on standard error, with exit code 2", () => {
  for (const [args, errors] of WRONG) {
    const outcome = bpfwarden(args);
    assert.equal(outcome.exit, 2, args.join(" "));
    assert.equal(outcome.output, "");
    assert.match(outcome.errors, errors);
  }
});

test("--help lists the commands, and each command has its own", () => {
  const { exit, output, errors } = bpfwarden(["--help"]);
  assert.deepEqual([exit, errors], [0, ""]);
  for (const command of ["run", "check", "compile"]) {
    assert.match(output, new RegExp(`^  ${command} `, "m"));
    const help = bpfwarden([command, "--help"]);
    assert.equal(help.exit, 0);
    assert.match(help.output, new RegExp(`^Usage: bpfwarden ${command} `));
  }
});

test("--version prints the version of package.json", () => {
  const { exit, output } = bpfwarden(["--version"]);
  assert.equal(exit, 0);
  assert.equal(output, `${manifest.version}\n`);
});
