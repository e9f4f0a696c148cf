import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/paths.mjs";
import type { Architecture } from "./architectures.ts";
import { command } from "./command.ts";
import { DESCRIPTION } from "./deb.ts";
import { fullVersion, HOMEPAGE, MAINTAINER, type Release, SUMMARY } from "./release.ts";
import { filesIn } from "./staged-files.ts";
import type { Stage } from "./stage.ts";

const SCRIPTS = ["post", "preun", "postun"];

/** The files that only Debian's tools read. */
const OF_DEBIAN = /^(?:DEBIAN\/|usr\/share\/lintian\/|usr\/share\/doc\/bpfwarden\/changelog\.Debian\.gz$)/;

/**
 * The libraries that Node.js and koffi are linked with, and libbpf, by the names of the libraries:
 * distributions name the packages differently.
 */
const REQUIRES = [
  "libc.so.6(GLIBC_2.28)(64bit)",
  "libgcc_s.so.1()(64bit)",
  "libstdc++.so.6()(64bit)",
  "libatomic.so.1()(64bit)",
  "libbpf.so.1()(64bit)",
  "systemd",
];

/** xz at level 6, as for Debian: all versions of rpm read it. */
const PAYLOAD = "w6.xzdio";

/**
 * Writes the .rpm of a staged folder and returns its path.
 * @param spare an empty folder
 * @param payload how rpmbuild(8) compresses the files (`_binary_payload`)
 */
export function writeRpm(
  stage: Stage,
  architecture: Architecture,
  release: Release,
  { out, spare, payload = PAYLOAD }: { out: string; spare: string; payload?: string },
): string {
  const spec = join(spare, "bpfwarden.spec");
  writeFileSync(spec, specOf(stage, release));
  mkdirSync(join(spare, "rpms"));
  const defined = { ...macros(spare), _binary_payload: payload };
  command(
    "rpmbuild",
    [
      ...["-bb", "--quiet", "--target", `${architecture.rpm}-linux`],
      ...Object.entries(defined).flatMap(([name, value]) => ["--define", `${name} ${value}`]),
      spec,
    ],
    { SOURCE_DATE_EPOCH: String(release.unixSeconds) },
  );
  const name = `bpfwarden-${fullVersion(release)}.${architecture.rpm}.rpm`;
  renameSync(join(spare, "rpms", name), join(out, name));
  return join(out, name);
}

/** Returns macros of rpmbuild: the files stay as they were staged, and the result has no other date. */
function macros(spare: string): Readonly<Record<string, string>> {
  return {
    ...{ _topdir: spare, _rpmdir: join(spare, "rpms"), _rpmfilename: "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm" },
    ...{ __os_install_post: "%{nil}", debug_package: "%{nil}", _build_id_links: "none" },
    ...{ _buildhost: "localhost", use_source_date_epoch_as_buildtime: "1", clamp_mtime_to_source_date_epoch: "1" },
    _source_payload: "w0.gzdio",
  };
}

function specOf({ folder, configuration }: Stage, { version, revision }: Release): string {
  const changeable = new Set(configuration);
  const files = filesIn(folder).filter((path) => !OF_DEBIAN.test(path));
  return `Name: bpfwarden
Version: ${version}
Release: ${revision}
Summary: ${SUMMARY}
License: Apache-2.0 AND MIT
URL: ${HOMEPAGE}
Packager: ${MAINTAINER}
AutoReqProv: no
${REQUIRES.map((each) => `Requires: ${each}`).join("\n")}

%description
${DESCRIPTION.replaceAll(/^ \.?/gm, "")}

%install
cp -a ${folder}/. %{buildroot}
rm -rf %{buildroot}/DEBIAN %{buildroot}/usr/share/lintian %{buildroot}/usr/share/doc/bpfwarden/changelog.Debian.gz

${SCRIPTS.map((name) => `%${name}\n${readFileSync(join(root, "packaging/package/rpm", name), "utf8")}`).join("\n")}
%files
%defattr(-,root,root,-)
%dir /etc/bpfwarden/rules.d
${ownFolders(files)
  .map((path) => `%dir "/${path}"`)
  .join("\n")}
${files.map((path) => `${changeable.has(`/${path}`) ? "%config(noreplace) " : ""}"/${path}"`).join("\n")}
`;
}

/** Returns the folders that are removed with the package. */
function ownFolders(files: readonly string[]): readonly string[] {
  const all = files.flatMap((path) => {
    const parts = path.split("/");
    return parts.map((_, index) => parts.slice(0, index).join("/"));
  });
  return [...new Set(all)].filter((path) => /(?:^|\/)bpfwarden(?:\/|$)/.test(path)).toSorted();
}
