import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached } from "../cache.ts";
import { command } from "../command.ts";
import { makeBootDisk } from "../image.ts";
import { debianMirror, KEYRING } from "../mirror.ts";
import type { System } from "./systems.ts";

/**
 * The packages of an ordinary server, a mail server, and those that ours depends on: there is no
 * network inside.
 */
const PACKAGES = [
  ...["apparmor", "dbus", "iproute2", "iptables", "kmod", "login", "netbase", "passwd", "procps", "udev"],
  ...["postfix", "systemd-container", "systemd-sysv", "util-linux-extra"],
  ...["libatomic1", "libbpf1", "libstdc++6"],
];

const ANSWERS = ["postfix postfix/main_mailer_type select Local only", "postfix postfix/mailname string localhost"];

/** Disks of test/vm/boot.ts, by their labels. */
const FSTAB = `LABEL=modules /lib/modules ext4 ro 0 0
LABEL=checkout /checkout ext4 ro 0 0
`;

const SERVICE = "test/vm/systems/inside/system-test.service";

/**
 * The disk image of a fresh system, which runs the service of the test when it has started.
 * @returns its path
 */
export async function systemImage({ name, suite }: System): Promise<string> {
  const recipe = ["1", suite, ...PACKAGES, ...ANSWERS, FSTAB, readFileSync(SERVICE, "utf8")];
  const folder = await cached(`system-${name}`, recipe, (place) => build(place, suite));
  return join(folder, "root.img");
}

async function build(folder: string, suite: string): Promise<void> {
  const root = join(folder, "root");
  const answered = ANSWERS.map((answer) => `echo "${answer}" | chroot "$1" debconf-set-selections`).join(" && ");
  await command("mmdebstrap", [
    ...["--quiet", "--variant=apt", `--include=${PACKAGES.join(",")}`, '--aptopt=Apt::Install-Recommends "false"'],
    ...[`--essential-hook=${answered}`, '--customize-hook=chroot "$1" useradd --create-home --shell /bin/bash alice'],
    ...[suite, root, `deb [signed-by=${KEYRING}] ${debianMirror()} ${suite} main`],
  ]);
  for (const each of ["checkout", "lib/modules"]) mkdirSync(join(root, each), { recursive: true });
  writeFileSync(join(root, "etc/fstab"), FSTAB);
  writeFileSync(join(root, "etc/hostname"), "guest\n");
  writeFileSync(join(root, "etc/hosts"), "127.0.0.1 localhost guest\n::1 localhost\n");
  copyFileSync(SERVICE, join(root, "etc/systemd/system/system-test.service"));
  const wanted = join(root, "etc/systemd/system/multi-user.target.wants");
  mkdirSync(wanted, { recursive: true });
  symlinkSync("../system-test.service", join(wanted, "system-test.service"));
  await makeBootDisk(root, join(folder, "root.img"));
  rmSync(root, { recursive: true });
}
