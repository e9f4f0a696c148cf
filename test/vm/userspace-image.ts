import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { command } from "./command.ts";
import type { Architecture } from "./guests.ts";
import { makeBootDisk } from "./image.ts";
import { debianMirror, KEYRING } from "./mirror.ts";

/** One userspace for all kernels: what a test sees differ is the kernel. */
const SUITE = "bookworm";

const PACKAGES =
  "base-files base-passwd bash binutils bpftool bsdutils busybox-static coreutils curl dash e2fsprogs findutils gcc grep gzip " +
  "hostname iproute2 iptables kmod libatomic1 libbpf1 libc-bin libc6-dev libstdc++6 llvm login mawk mount netbase passwd " +
  "postfix procps sed tar util-linux xfsprogs";

/** The links that the packages' installation scripts would make. */
const LINKS: readonly (readonly [path: string, target: string])[] = [
  ["usr/sbin/iptables", "xtables-legacy-multi"],
  ["usr/sbin/ip6tables", "xtables-legacy-multi"],
  ["usr/bin/awk", "mawk"],
  ["usr/bin/sh", "dash"],
  ["etc/mtab", "/proc/mounts"],
];

const FIRST_PROGRAM = "test/vm/guest/first";

/**
 * The disk image that is a guest's root. The packages are unpacked without running a script of
 * theirs, because those of another architecture do not run here.
 * @returns its path
 */
export async function userspaceImage({ name: architecture }: Architecture): Promise<string> {
  const recipe = ["3", SUITE, PACKAGES, JSON.stringify(LINKS), readFileSync(FIRST_PROGRAM, "utf8")];
  const folder = await cached(`userspace-${architecture}`, recipe, (place) => build(place, architecture));
  return join(folder, "root.img");
}

async function build(folder: string, architecture: string): Promise<void> {
  const root = join(folder, "root");
  await command("mmdebstrap", [
    ...[
      "--quiet",
      "--variant=extract",
      `--architectures=${architecture}`,
      `--include=${PACKAGES.replaceAll(" ", ",")}`,
    ],
    ...["--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", '--aptopt=Apt::Install-Recommends "false"'],
    ...[SUITE, root, `deb [signed-by=${KEYRING}] ${debianMirror()} ${SUITE} main`],
  ]);
  for (const each of ["checkout", "lib/modules"]) mkdirSync(join(root, each), { recursive: true });
  for (const each of ["passwd", "group"])
    copyFileSync(join(root, `usr/share/base-passwd/${each}.master`), join(root, `etc/${each}`));
  for (const [path, target] of LINKS) if (!existsSync(join(root, path))) symlinkSync(target, join(root, path));
  copyFileSync(FIRST_PROGRAM, join(root, "sbin/init"));
  await makeBootDisk(root, join(folder, "root.img"));
  rmSync(root, { recursive: true });
}
