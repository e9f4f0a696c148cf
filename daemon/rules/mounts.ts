import { closeSync, constants, openSync, readFileSync } from "node:fs";

/** One line of /proc/PID/mountinfo, proc_pid_mountinfo(5). */
export interface Mount {
  readonly id: string;
  /** `MAJOR:MINOR` of its file system */
  readonly device: string;
  /** the folder or file of the file system that is mounted */
  readonly root: string;
  /** where it is mounted */
  readonly point: string;
  /** nobody can write through this mount */
  readonly isReadOnly: boolean;
  /** nobody can write through any mount */
  readonly isFileSystemReadOnly: boolean;
}

/** open(2): does not open the file itself, so that it neither waits nor has an effect. */
const O_PATH = 0o10_000_000;

/** Lists the mounts that this process sees. */
export function listMounts(): readonly Mount[] {
  return readFileSync("/proc/self/mountinfo", "utf8").split("\n").flatMap(parseMount);
}

export function parseMount(line: string): readonly Mount[] {
  const [fields = "", rest = ""] = line.split(" - ");
  const [id, , device, root, point, options] = fields.split(" ");
  const superOptions = rest.split(" ").at(2);
  if (id === undefined || device === undefined || root === undefined || point === undefined) return [];
  return [
    {
      ...{ id, device, root: unescaped(root), point: unescaped(point) },
      isReadOnly: isReadOnly(options),
      isFileSystemReadOnly: isReadOnly(superOptions),
    },
  ];
}

function isReadOnly(options = ""): boolean {
  return options.split(",").includes("ro");
}

/** Decodes spaces, tabs, line ends and backslashes, which are octal. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
}

/** Returns the id of the mount of a path. Throws if the path cannot be opened. */
export function mountIdOf(path: string): string | undefined {
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    return /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
  } finally {
    closeSync(fd);
  }
}
