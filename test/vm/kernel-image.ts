import { copyFileSync, globSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cached } from "./cache.ts";
import { command } from "./command.ts";
import type { Guest } from "./guests.ts";
import { makeDisk } from "./image.ts";
import { debianMirror, KEYRING } from "./mirror.ts";

/** The built kernel. */
export interface KernelImage {
  /** path of what the emulator boots */
  readonly vmlinuz: string;
  /** path of the disk image that is mounted at /lib/modules */
  readonly modules: string;
}

/**
 * Debian's newest kernel of the guest's release. The flavour for clouds has what the emulator's
 * machine needs (NVMe, ext4, serial line) built in, so that no initial RAM disk is needed.
 */
export async function kernelImage({ name, suite, architecture }: Guest): Promise<KernelImage> {
  const recipe = ["2", suite, architecture.name];
  const folder = await cached(`kernel-${name}`, recipe, (place) => build(place, suite, architecture.name));
  return { vmlinuz: join(folder, "vmlinuz"), modules: join(folder, "modules.ext4") };
}

async function build(folder: string, suite: string, architecture: string): Promise<void> {
  const apt = join(folder, "apt");
  const ask = privateApt(apt, suite, architecture);
  await command("apt-get", [...ask, "update", "-q"]);
  const described = await command("apt-cache", [...ask, "show", `linux-image-cloud-${architecture}`]);
  const [, version] = /^Depends: (linux-image-\S+)/m.exec(described) ?? [];
  if (version === undefined) throw new Error(`Debian ${suite} has no kernel for ${architecture}`);
  await command("apt-get", [...ask, "download", "-q", version], apt);

  const unpacked = join(folder, "unpacked");
  await command("dpkg-deb", ["-x", onlyOne(join(apt, "linux-image-*.deb")), unpacked]);
  copyFileSync(onlyOne(join(unpacked, "boot/vmlinuz-*")), join(folder, "vmlinuz"));
  const modules = onlyOne(join(unpacked, "{usr/,}lib/modules/*"));
  const root = join(folder, "root");
  mkdirSync(join(root, "lib/modules"), { recursive: true });
  renameSync(modules, join(root, "lib/modules", basename(modules)));
  await command("depmod", ["-b", root, basename(modules)]);
  await makeDisk(join(root, "lib/modules"), join(folder, "modules.ext4"), "modules");
  for (const each of [apt, unpacked, root]) rmSync(each, { recursive: true });
}

/** Options that make apt use lists and caches of its own in `folder`, and leave the system's alone. */
function privateApt(folder: string, suite: string, architecture: string): readonly string[] {
  for (const each of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(folder, each), { recursive: true });
  writeFileSync(join(folder, "sources.list"), `deb [signed-by=${KEYRING}] ${debianMirror()} ${suite} main\n`);
  writeFileSync(join(folder, "status"), "");
  return Object.entries({
    "Dir::Etc::sourcelist": join(folder, "sources.list"),
    "Dir::Etc::sourceparts": "-",
    "Dir::State::lists": join(folder, "lists"),
    "Dir::State::status": join(folder, "status"),
    "Dir::Cache": join(folder, "cache"),
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::Retries": "3",
  }).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
}

function onlyOne(pattern: string): string {
  const [path, ...others] = globSync(pattern);
  if (path === undefined || others.length > 0) throw new Error(`expected one ${pattern}, found ${others.length + 1}`);
  return path;
}
