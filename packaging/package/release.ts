import { execFileSync } from "node:child_process";
import manifest from "../../package.json" with { type: "json" };
import { root } from "../setup/paths.mjs";

export const MAINTAINER = "bpfwarden developers <packages@bpfwarden.dev>";
export const SUMMARY = "alerts from rules that are compiled to BPF";
export const HOMEPAGE = "https://bpfwarden.dev";

/** The version and date of the packages. */
export interface Release {
  readonly version: string;
  /** the packaging of this version, as Debian and RPM count it */
  readonly revision: string;
  /** the date of the commit, so that the same sources give the same bytes */
  readonly unixSeconds: number;
}

/**
 * Returns the release of the checkout. `SOURCE_DATE_EPOCH` replaces the date of the commit, and is
 * needed without git.
 */
export function currentRelease(): Release {
  const given = process.env["SOURCE_DATE_EPOCH"];
  const seconds = given ?? execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: root, encoding: "utf8" });
  return { version: manifest.version, revision: "1", unixSeconds: Number.parseInt(seconds, 10) };
}

/** Returns the version as package managers compare it, such as "0.1.0-1". */
export function fullVersion({ version, revision }: Release): string {
  return `${version}-${revision}`;
}
