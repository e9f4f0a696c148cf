import assert from "node:assert/strict";
import { test } from "node:test";
import { slowTypes } from "../../../bpf/kernel/processes/mounts.ts";

const MOUNTS = `22 1 254:10 / / rw,relatime - ext4 /dev/vda rw
23 22 0:21 / /proc rw - proc proc rw
24 22 0:60 / /mnt/a\\040b rw - fuse.sshfs host: rw
25 22 0:61 / /usr/bin rw - overlay over rw,lowerdir=/x:/usr/bin
26 25 0:62 / /usr/bin/tool rw - tmpfs none rw
`;

test("files on a file system that may not answer are known by their path", () => {
  const { at } = slowTypes(MOUNTS, "foreign");
  assert.equal(at("/mnt/a b/file"), "fuse.sshfs");
  assert.equal(at("/mnt/a"), undefined);
  assert.equal(at("/usr/bin/bash"), undefined);
});

test("an overlay that a user may have made can have a FUSE below it", () => {
  const { at, of } = slowTypes(MOUNTS, "user");
  assert.equal(at("/usr/bin/bash"), "overlay");
  assert.equal(at("/usr/bin/tool"), undefined);
  assert.equal(at("/usr/lib"), undefined);
  assert.equal(of("00:3d"), "overlay");
});

test("the file system of a mapping is known by its device, which maps write in hexadecimal", () => {
  const { of } = slowTypes(MOUNTS, "foreign");
  assert.equal(of("fe:0a"), undefined);
  assert.equal(of("00:3c"), "fuse.sshfs");
  assert.equal(of("00:3d"), undefined);
  // on no mount of the process: a disk answers, what has none may be a FUSE
  assert.equal(of("08:01"), undefined);
  assert.equal(of("00:99"), "one that is not mounted there");
});
