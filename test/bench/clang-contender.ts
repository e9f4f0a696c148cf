import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import { adoptMap, adoptProgram, programInfo, RingBuffer, type ProgramInfo } from "libbpf-ts";
import { keepDrained } from "./keep-drained.ts";
import type { Contender } from "./contender.ts";

const libbpf = koffi.load("libbpf.so.1");
const openFile = libbpf.func("void *bpf_object__open(const char *path)");
const load = libbpf.func("int bpf_object__load(void *object)");
const nextProgram = libbpf.func("void *bpf_object__next_program(void *object, void *previous)");
const attach = libbpf.func("void *bpf_program__attach(void *program)");
const programFd = libbpf.func("int bpf_program__fd(void *program)");
const mapFd = libbpf.func("int bpf_object__find_map_fd_by_name(void *object, const char *name)");
const destroyLink = libbpf.func("int bpf_link__destroy(void *link)");
const closeObject = libbpf.func("void bpf_object__close(void *object)");
const duplicate = koffi.load("libc.so.6").func("int dup(int fd)");

/**
 * A program written by hand in C, compiled with clang -O2 and loaded by libbpf. Undefined where
 * clang is not installed.
 */
export function clangContender(source: string): Contender | undefined {
  const object = compile(source);
  if (object === undefined) return undefined;
  return {
    name: "clang -O2",
    async attach() {
      const opened: unknown = openFile(object);
      if (load(opened) !== 0) throw new Error(`libbpf could not load ${source}`);
      using making = new DisposableStack();
      making.defer(() => closeObject(opened));
      const handles = programsOf(opened).map((program) => {
        making.adopt(attach(program), (link: unknown) => destroyLink(link));
        const fd = duplicate(programFd(program)) as number;
        return making.use(adoptProgram(fd, { name: "bench", type: "tracepoint" }));
      });
      const consumer = consume(opened);
      if (consumer !== undefined) making.use(consumer);
      const held = making.move();
      return {
        info: () => togetherOf(handles.map(programInfo)),
        async [Symbol.asyncDispose]() {
          held.dispose();
        },
      };
    },
  };
}

function programsOf(opened: unknown): readonly unknown[] {
  const programs: unknown[] = [];
  for (let next: unknown = nextProgram(opened, null); next !== null; next = nextProgram(opened, next))
    programs.push(next);
  return programs;
}

const togetherOf = (infos: readonly ProgramInfo[]): Pick<ProgramInfo, "runTimeNs"> => ({
  runTimeNs: infos.reduce((sum, { runTimeNs }) => sum + runTimeNs, 0n),
});

/** Reads the ring, if the program has one: a full ring refuses quickly. */
function consume(opened: unknown): DisposableStack | undefined {
  const fd = mapFd(opened, "events") as number;
  if (fd < 0) return undefined;
  const held = new DisposableStack();
  const ring = { name: "events", type: "ring_buffer", keyBytes: 0, valueBytes: 0, maxEntries: 1 << 20 } as const;
  const events = held.use(new RingBuffer(held.use(adoptMap(duplicate(fd) as number, ring))));
  held.use(keepDrained(() => events.drain(() => {})));
  return held;
}

function compile(source: string): string | undefined {
  const object = join(mkdtempSync(join(tmpdir(), "bpfwarden-bench-")), "bench.o");
  const triplet = `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  try {
    const flags = ["-O2", "-g", "-target", "bpf", `-I/usr/include/${triplet}`];
    execFileSync("clang", [...flags, "-c", join(import.meta.dirname, "c", source), "-o", object], { stdio: "pipe" });
    return object;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
