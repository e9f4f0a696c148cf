import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { CGROUP_PARTS } from "../../../daemon/sample/cgroup-parts.ts";
import { containerNames } from "../../../daemon/sample/container-names.ts";

const A = "a1b2c3d4e5f6".padEnd(64, "0");
const B = "b".repeat(64);
const UID = "3f1c7a2e-0b1d-4c5e-9f00-123456789abc";
const SLICED = UID.replaceAll("-", "_");

/** Paths as each runtime makes them, with the unit, the container and the pod in them. */
const PATHS: readonly (readonly [string, string, string, string])[] = [
  ["/system.slice/nginx.service", "nginx.service", "", ""],
  ["/system.slice/nginx.service/workers", "nginx.service", "", ""],
  ["/user.slice/user-1000.slice/session-3.scope", "session-3.scope", "", ""],
  ["/user.slice", "user.slice", "", ""],
  ["/", "", "", ""],
  ["/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", "", ""],
  ["/system.slice/dev-disk\\x2dx.swap", "dev-disk-x.swap", "", ""],
  [`/system.slice/docker-${A}.scope`, `docker-${A}.scope`, "web", ""],
  [`/docker/${A}`, "", "web", ""],
  [`/machine.slice/libpod-${B}.scope/container`, `libpod-${B}.scope`, "db", ""],
  [
    `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${"c".repeat(64)}.scope`,
    `libpod-${"c".repeat(64)}.scope`,
    "cccccccccccc",
    "",
  ],
  [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${SLICED}.slice/cri-containerd-${"d".repeat(64)}.scope`,
    `cri-containerd-${"d".repeat(64)}.scope`,
    "app",
    "shop/cart-7d9",
  ],
  [
    `/kubepods.slice/kubepods-pod${SLICED}.slice/crio-${"e".repeat(64)}.scope/container`,
    `crio-${"e".repeat(64)}.scope`,
    "side",
    "kube-system/dns",
  ],
  [`/kubepods/besteffort/pod${UID}/${"f".repeat(64)}`, "", "ffffffffffff", UID],
  ["/machine.slice/machine-debian\\x2d12.scope/payload", "machine-debian-12.scope", "debian-12", ""],
  ["/machine.slice/systemd-nspawn@build.service/payload", "systemd-nspawn@build.service", "build", ""],
  ["/lxc.payload.mail/system.slice/postfix.service", "postfix.service", "mail", ""],
];

/** The files that runtimes leave, with the keys that are read. */
const FILES: Readonly<Record<string, unknown>> = {
  [`var/lib/docker/containers/${A}/config.v2.json`]: { ID: A, Name: "/web", Config: { Image: "nginx:1" } },
  "var/lib/containers/storage/overlay-containers/containers.json": [
    { id: A, names: ["x"] },
    { id: B, names: ["db"] },
  ],
  [`run/containerd/io.containerd.runtime.v2.task/k8s.io/${"d".repeat(64)}/config.json`]: {
    annotations: {
      "io.kubernetes.cri.container-name": "app",
      "io.kubernetes.cri.sandbox-name": "cart-7d9",
      "io.kubernetes.cri.sandbox-namespace": "shop",
    },
  },
  [`run/containers/storage/overlay-containers/${"e".repeat(64)}/userdata/config.json`]: {
    annotations: {
      "io.kubernetes.container.name": "side",
      "io.kubernetes.pod.name": "dns",
      "io.kubernetes.pod.namespace": "kube-system",
    },
  },
};

function withRoot(use: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), "runtimes-"));
  try {
    for (const [path, content] of Object.entries(FILES)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), JSON.stringify(content));
    }
    use(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test("unit, container and pod are in the path of each runtime", () => {
  withRoot((root) => {
    const names = containerNames(() => 0, root);
    for (const [path, unit, container, pod] of PATHS) {
      const found = [
        CGROUP_PARTS.unit(path, names),
        CGROUP_PARTS.container(path, names),
        CGROUP_PARTS.pod(path, names),
      ];
      assert.deepEqual(found, [unit, container, pod], path);
      assert.equal(CGROUP_PARTS.path(path, names), path);
    }
  });
});

test("a container whose file comes later has its name from then on, looked for each ten seconds", () => {
  withRoot((root) => {
    let nowMs = 0;
    const names = containerNames(() => nowMs, root);
    const id = "9".repeat(64);
    assert.equal(names(id), undefined);
    const path = join(root, `var/lib/docker/containers/${id}/config.v2.json`);
    mkdirSync(dirname(path));
    writeFileSync(path, JSON.stringify({ Name: "/late" }));
    assert.equal(names(id), undefined);
    nowMs = 10_000;
    assert.deepEqual(names(id), { name: "late" });
  });
});

test("files that are links, no JSON, or of another shape give no name", () => {
  withRoot((root) => {
    const names = containerNames(() => 0, root);
    const contents = ["{", "[]", "3", '{"Name":7}', "null"];
    for (const [index, content] of contents.entries()) {
      const id = String(index).repeat(64);
      const path = join(root, `var/lib/docker/containers/${id}/config.v2.json`);
      mkdirSync(dirname(path));
      writeFileSync(path, content);
      assert.equal(names(id), undefined, content);
    }
    const id = "8".repeat(64);
    const folder = join(root, `var/lib/docker/containers/${id}`);
    mkdirSync(folder);
    symlinkSync(join(root, `var/lib/docker/containers/${A}/config.v2.json`), join(folder, "config.v2.json"));
    assert.equal(names(id), undefined);
    assert.equal(names("../../etc"), undefined);
  });
});
