import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";

const ROOT = join(import.meta.dirname, "../../..");
const MODULES = join(ROOT, "node_modules");
const ENVIRONMENT = { ...process.env, PATH: `${MODULES}/.bin:${process.env["PATH"]}` };

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, env: ENVIRONMENT, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/**
 * Packs a copy of the package, since packing rewrites its manifest for a moment and other tests
 * import from it.
 */
function pack(folder: string): string {
  const copy = join(folder, "bpf/libbpf-ts");
  cpSync(join(ROOT, "bpf/libbpf-ts"), copy, { recursive: true });
  cpSync(join(ROOT, "tsconfig.json"), join(folder, "tsconfig.json"));
  symlinkSync(MODULES, join(folder, "node_modules"));
  const before = readFileSync(join(copy, "package.json"), "utf8");
  const tarball = run("npm", ["pack", "--silent", "--ignore-scripts=false", "--pack-destination", folder], copy);
  assert.equal(readFileSync(join(copy, "package.json"), "utf8"), before, "the manifest is as it was");
  return join(folder, tarball.trim().split("\n").at(-1) ?? "");
}

/**
 * As npm would, without a registry: what the package depends on comes from this repository's own
 * node_modules.
 */
function install(tarball: string, project: string): void {
  const target = join(project, "node_modules/libbpf-ts");
  mkdirSync(target, { recursive: true });
  run("tar", ["--extract", "--gzip", "--strip-components=1", "--file", tarball, "--directory", target], project);
  for (const dependency of ["koffi", "@koromix", "@types", "undici-types"]) {
    symlinkSync(join(MODULES, dependency), join(project, "node_modules", dependency));
  }
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
}

function readmeExample(): string {
  const readme = readFileSync(join(ROOT, "bpf/libbpf-ts/README.md"), "utf8");
  const example = /^```ts\n(.*?)^```$/ms.exec(readme)?.[1];
  assert.ok(example);
  return example;
}

kernelTest("the packed package, installed, runs and type-checks the README's example", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "libbpf-ts-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const project = join(folder, "project");
  install(pack(folder), project);
  writeFileSync(join(project, "example.ts"), readmeExample());
  assert.match(run(process.execPath, ["example.ts"], project), /^\d{4,} calls of getppid on \d+ CPUs\n$/);
  const strict = [
    "--ignoreConfig",
    "--noEmit",
    "--strict",
    "--target",
    "esnext",
    "--module",
    "nodenext",
    "--types",
    "node",
  ];
  run("tsc", [...strict, "example.ts"], project);
});
