import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ARCHITECTURES } from "../../../packaging/package/architectures.ts";
import { writeDeb } from "../../../packaging/package/deb.ts";
import { currentRelease } from "../../../packaging/package/release.ts";
import { stage } from "../../../packaging/package/stage.ts";
import { makeDisk } from "../image.ts";
import { systemArchitecture } from "./systems.ts";

/** Compressing takes longer than all else that is done here. */
const QUICK = ["-Znone"];

/**
 * Makes the disk image with the package of this checkout, an upgrade of it, and the steps of the
 * test.
 * @param folder that the image is made in
 * @returns the image's path
 */
export async function packageDisk(folder: string): Promise<string> {
  const architecture = ARCHITECTURES.find(({ debian }) => debian === systemArchitecture.name);
  if (architecture === undefined) throw new Error(`no package is made for ${systemArchitecture.name}`);
  const [content, staged, spare] = ["content", "staged", "spare"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [content, staged, spare]) mkdirSync(each, { mode: 0o755 });
  const first = { ...currentRelease(), revision: "1" };
  const made = await stage(staged, spare, architecture, first);
  for (const release of [first, { ...first, revision: "2" }]) writeDeb(made, architecture, release, content, QUICK);
  cpSync("test/vm/systems/inside", content, { recursive: true });
  const image = join(folder, "package.ext4");
  await makeDisk(content, image, "checkout");
  return image;
}
