import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/paths.mjs";
import type { Architecture } from "./architectures.ts";
import { command } from "./command.ts";
import { fullVersion, HOMEPAGE, MAINTAINER, type Release, SUMMARY } from "./release.ts";
import { filesIn, sizeKiB } from "./staged-files.ts";
import type { Stage } from "./stage.ts";

const SCRIPTS = ["preinst", "postinst", "prerm", "postrm"];

/**
 * The libraries that Node.js and koffi are linked with, and libbpf. 2.28 is the oldest C
 * library that Node.js runs with.
 */
const DEPENDS = "libc6 (>= 2.28), libgcc-s1, libstdc++6, libatomic1, libbpf1";

/** The long description, each line with a space before it, and a dot for an empty line. */
export const DESCRIPTION = ` A rule names a probe in the kernel or in a program, a filter, a threshold and
 an action. bpfwarden compiles it to BPF, counts in the kernel, and sends a
 webhook or a mail when the threshold is crossed. No compiler is needed on the
 host.
 .
 Three rules run after the installation: commands typed into bash, the share of
 reads that miss the page cache, and retransmitted TCP segments. A library of
 more rules is in /usr/share/bpfwarden/library.`;

/** xz, because dpkg of Debian 11 does not read zstd. */
const COMPRESSION = ["-Zxz", "-z6"];

/**
 * Writes the .deb of a staged folder and returns its path.
 * @param compression options of dpkg-deb(1)
 */
export function writeDeb(
  stage: Stage,
  architecture: Architecture,
  release: Release,
  out: string,
  compression: readonly string[] = COMPRESSION,
): string {
  const debian = join(stage.folder, "DEBIAN");
  mkdirSync(debian, { recursive: true, mode: 0o755 });
  const write = (name: string, text: string, mode = 0o644): void => {
    writeFileSync(join(debian, name), text);
    chmodSync(join(debian, name), mode);
  };
  const files = filesIn(stage.folder).filter((path) => !path.startsWith("DEBIAN/"));
  const changeable = new Set(stage.configuration);
  write("control", control(architecture, release, sizeKiB(stage.folder, files)));
  write("conffiles", `${stage.configuration.join("\n")}\n`);
  write(
    "md5sums",
    files
      .filter((path) => !changeable.has(`/${path}`))
      .map((path) => md5Line(stage.folder, path))
      .join(""),
  );
  for (const name of SCRIPTS) write(name, script(name, release), 0o755);
  const path = join(out, `bpfwarden_${fullVersion(release)}_${architecture.debian}.deb`);
  const date = { SOURCE_DATE_EPOCH: String(release.unixSeconds) };
  command("dpkg-deb", ["--root-owner-group", ...compression, "--build", stage.folder, path], date);
  return path;
}

function control({ debian }: Architecture, release: Release, installedKiB: number): string {
  return `Package: bpfwarden
Version: ${fullVersion(release)}
Architecture: ${debian}
Maintainer: ${MAINTAINER}
Installed-Size: ${installedKiB}
Depends: ${DEPENDS}
Recommends: logrotate
Section: admin
Priority: optional
Homepage: ${HOMEPAGE}
Description: ${SUMMARY}
${DESCRIPTION}
`;
}

function script(name: string, release: Release): string {
  const text = readFileSync(join(root, "packaging/package/debian", name), "utf8");
  return text.replaceAll("@VERSION@", fullVersion(release));
}

function md5Line(folder: string, path: string): string {
  return `${createHash("md5")
    .update(readFileSync(join(folder, path)))
    .digest("hex")}  ${path}\n`;
}
