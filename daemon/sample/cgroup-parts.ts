import type { CgroupPart } from "../../bpf/check/type.ts";
import type { ContainerNames } from "./container-names.ts";

/**
 * The forms of names that container runtimes give to cgroups, with the id or name in the group
 * `id`.
 */
const CONTAINERS: readonly RegExp[] = [
  // Docker and Podman with systemd, CRI-O, containerd: docker-ID.scope, libpod-ID.scope,
  // cri-containerd-ID.scope
  /^(?:docker|libpod|crio|cri-containerd|nerdctl|buildah)-(?<id>[0-9a-f]{12,64})\.scope$/,
  // systemd-nspawn: machine-NAME.scope of machinectl and machined, systemd-nspawn@NAME.service
  /^machine-(?<id>.+)\.scope$/,
  /^systemd-nspawn@(?<id>.+)\.service$/,
  // LXC: lxc.payload.NAME
  /^lxc\.payload\.(?<id>.+)$/,
  // without systemd: the id alone, below a folder of the runtime
  /^(?:libpod-)?(?<id>[0-9a-f]{64})$/,
];

/** The folder or slice of a pod: kubepods-burstable-podUID.slice, podUID. Slices write `_` for `-`. */
const POD = /^(?:kubepods-)?(?:[a-z]+-)?pod(?<uid>[0-9a-f]{8}[-_0-9a-f]{4,56})(?:\.slice)?$/;

const UNIT = /\.(?:service|scope|socket|mount|swap|slice)$/;
const SHORT_ID = 12;

type NameOf = (path: string, names: ContainerNames) => string;

/** Returns the names of what runs in a cgroup, from its path. */
export const CGROUP_PARTS: Readonly<Record<CgroupPart, NameOf>> = {
  path: (path) => path,
  unit: unitOf,
  container: (path, names) => {
    const id = containerIdOf(path);
    return id === undefined ? "" : (names(id)?.name ?? shortId(id));
  },
  pod: (path, names) => {
    const id = containerIdOf(path);
    return (id === undefined ? undefined : names(id)?.pod) ?? podUidOf(path);
  },
};

/**
 * Returns the innermost unit of systemd: a service, scope, socket, mount, or a slice if it is in no
 * other. systemd escapes bytes of names as `\xNN` (systemd.unit(5)).
 */
function unitOf(path: string): string {
  const units = partsOf(path).filter((part) => UNIT.test(part));
  const unit = units.findLast((part) => !part.endsWith(".slice")) ?? units.at(-1) ?? "";
  return unescaped(unit);
}

/** Returns the id of the innermost container, or its name if the runtime knows no ids. */
function containerIdOf(path: string): string | undefined {
  for (const part of partsOf(path).toReversed())
    for (const form of CONTAINERS) {
      const id = form.exec(part)?.groups?.["id"];
      if (id !== undefined) return unescaped(id);
    }
  return undefined;
}

function podUidOf(path: string): string {
  for (const part of partsOf(path).toReversed()) {
    const uid = POD.exec(part)?.groups?.["uid"];
    if (uid !== undefined) return uid.replaceAll("_", "-");
  }
  return "";
}

const partsOf = (path: string): readonly string[] => path.split("/").filter((part) => part !== "");

const shortId = (id: string): string => (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, SHORT_ID) : id);

function unescaped(name: string): string {
  return name.replaceAll(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}
