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
  /** whether nobody can write by this mount */
  readonly isReadOnly: boolean;
  /** whether nobody can write by any mount */
  readonly isFileSystemReadOnly: boolean;
}

/** Of open(2): opens nothing that would wait, or do something. */
const O_PATH = 0o10_000_000;

/** What this process sees mounted. */
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

/** Spaces, tabs, line ends and backslashes are octal. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
}

/** The id of the mount that a path lies on. Throws where it cannot be opened. */
export function mountIdOf(path: string): string | undefined {
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    return /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
  } finally {
    closeSync(fd);
  }
}
