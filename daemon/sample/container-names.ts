import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";

/** The name of a container, and NAMESPACE/NAME of its pod, as its runtime has written them down. */
export interface ContainerName {
  readonly name?: string;
  readonly pod?: string;
}

/** Returns what a runtime knows of a container; undefined if none does. */
export type ContainerNames = (id: string) => ContainerName | undefined;

/** A file that a container runtime leaves on the disk, and how to read it. */
interface Source {
  readonly path: (id: string) => string;
  readonly read: (content: unknown, id: string) => ContainerName | undefined;
}

/** A file of a runtime is some kilobytes long; Podman's list has all containers. */
const MAX_BYTES = 4 << 20;
/** The time after which an unknown container is looked for again. */
const AGAIN_MS = 10_000;
/** The most known containers. */
const KNOWN = 10_000;
const ID = /^[0-9a-f]{12,64}$/;
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Keys of annotations in the configuration of an OCI bundle. */
const CONTAINERD = {
  name: "io.kubernetes.cri.container-name",
  pod: "io.kubernetes.cri.sandbox-name",
  namespace: "io.kubernetes.cri.sandbox-namespace",
};
const CRI_O = {
  name: "io.kubernetes.container.name",
  pod: "io.kubernetes.pod.name",
  namespace: "io.kubernetes.pod.namespace",
};

/** The files in which runtimes keep names: the runtimes are not asked, since they may hang. */
const SOURCES: readonly Source[] = [
  { path: (id) => `var/lib/docker/containers/${id}/config.v2.json`, read: ofDocker },
  { path: () => "var/lib/containers/storage/overlay-containers/containers.json", read: ofPodman },
  { path: (id) => `run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/config.json`, read: ofAnnotations },
  { path: (id) => `run/containers/storage/overlay-containers/${id}/userdata/config.json`, read: ofAnnotations },
];

/**
 * Finds names of containers in files that only root can write.
 * @param root the folder that stands for `/`
 */
export function containerNames(nowMs: () => number, root = "/"): ContainerNames {
  const known = new Map<string, { readonly found: ContainerName | undefined; readonly atMs: number }>();
  return (id) => {
    if (!ID.test(id)) return undefined;
    const before = known.get(id);
    if (before !== undefined && (before.found !== undefined || nowMs() < before.atMs + AGAIN_MS)) return before.found;
    if (known.size > KNOWN) known.clear();
    const found = find(id, root);
    known.set(id, { found, atMs: nowMs() });
    return found;
  };
}

function find(id: string, root: string): ContainerName | undefined {
  for (const { path, read } of SOURCES) {
    const content = readJson(join(root, path(id)));
    const found = content === undefined ? undefined : read(content, id);
    if (found !== undefined) return found;
  }
  return undefined;
}

function ofDocker(content: unknown): ContainerName | undefined {
  const name = textAt(content, "Name")?.replace(/^\//, "");
  return name === undefined ? undefined : { name };
}

function ofPodman(content: unknown, id: string): ContainerName | undefined {
  if (!Array.isArray(content)) return undefined;
  const own = content.find((each: unknown) => textAt(each, "id") === id) as { readonly names?: unknown } | undefined;
  const [name] = Array.isArray(own?.names) ? (own.names as unknown[]) : [];
  return typeof name === "string" ? { name } : undefined;
}

function ofAnnotations(content: unknown): ContainerName | undefined {
  const annotations = valueAt(content, "annotations");
  for (const keys of [CONTAINERD, CRI_O]) {
    const [name, pod, namespace] = [keys.name, keys.pod, keys.namespace].map((key) => textAt(annotations, key));
    if (name === undefined && pod === undefined) continue;
    return { ...(name !== undefined && { name }), ...(pod !== undefined && { pod: `${namespace ?? ""}/${pod}` }) };
  }
  return undefined;
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

function textAt(value: unknown, key: string): string | undefined {
  const found = valueAt(value, key);
  return typeof found === "string" && found !== "" ? found : undefined;
}

/** Returns the content of a regular file of limited size; undefined if it cannot be read. */
function readJson(path: string): unknown {
  let file: number | undefined;
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > MAX_BYTES || stats.uid !== 0) return undefined;
    const bytes = Buffer.alloc(stats.size);
    return JSON.parse(bytes.toString("utf8", 0, readSync(file, bytes, 0, bytes.length, 0))) as unknown;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
