import type { BtfType } from "./btf-type.ts";

/** Kinds that BTF can be asked for by name. */
export type BtfNamedKind = "int" | "struct" | "union" | "enum" | "typedef" | "function" | "variable" | "section";

/** The types of a kernel. Decoding is lazy: opening indexes names once, a type is decoded when it is asked for. */
export interface Btf {
  /** ids run from 0, which is void, to one less than this */
  readonly typeCount: number;
  /** Throws for an id that the table lacks: ids come from the table itself. */
  type(id: number): BtfType;
  find(kind: BtfNamedKind, name: string): number | undefined;
  /** The value of an enumerator such as `TCP_ESTABLISHED`, and the enum that has it. */
  enumerator(name: string): { readonly value: bigint; readonly enumId: number } | undefined;
  /** The names of all enumerators, for "did you mean": tens of thousands. */
  enumeratorNames(): Iterable<string>;
  /** Where a variable that each CPU has its own of lies among all of them, in bytes; undefined where the kernel's BTF does not say. */
  cpuVariableOffset(name: string): number | undefined;
  /** All names of a kind, for "did you mean" and listings. */
  names(kind: BtfNamedKind): Iterable<string>;
}

/** One field of a tracepoint's record, from its tracefs `format` file. Offsets are into the program's context. */
export interface TracepointField {
  readonly name: string;
  /** the C type as the file spells it, such as `const char *`, `__u8[4]`, `__data_loc char[]` */
  readonly cType: string;
  readonly offset: number;
  readonly bytes: number;
  readonly signed: boolean;
  /** what the value is, beyond a number */
  readonly form: TracepointFieldForm;
}

export type TracepointFieldForm =
  | { readonly kind: "integer"; /** names from `__print_symbolic` */ readonly names?: ReadonlyMap<bigint, string> }
  | {
      readonly kind: "pointer";
      /** the C type pointed to without qualifiers, such as `struct sock`, `char`, `void` */ readonly to: string;
      readonly space: "kernel" | "user";
    }
  /** printed with `%pI4` (4 bytes) or `%pI6c` (16 bytes) */
  | { readonly kind: "address"; readonly family: 4 | 6 }
  /** a char array held in the record */
  | { readonly kind: "characters" }
  /** `__data_loc char[]`: a u32 of (length << 16 | offset) */
  | { readonly kind: "located-characters" }
  | { readonly kind: "array"; readonly elementBytes: number; readonly elementSigned: boolean }
  /** `__data_loc u64[]`: located as characters are */
  | { readonly kind: "located-array"; readonly elementBytes: number; readonly elementSigned: boolean }
  /** a shape that rules cannot use (`__data_loc cpumask_t`, `__rel_loc`, a struct); kept so that messages can name the field */
  | { readonly kind: "opaque" };

export interface TracepointFormat {
  readonly category: string;
  readonly name: string;
  readonly id: number;
  /** without the `common_*` fields, which programs must not read */
  readonly fields: readonly TracepointField[];
}

export interface TracepointName {
  readonly category: string;
  readonly name: string;
}

/** A function of an ELF file, from `.symtab` or `.dynsym`. */
export interface ElfSymbol {
  readonly name: string;
  /** offset of the function in the file, which is what a uprobe takes */
  readonly fileOffset: number;
  /** how long its code is; absent or 0 where that is not known */
  readonly bytes?: number;
  /** how far within its function an address is */
  readonly within?: number;
  /** the functions that have this name, as each alone is spelled, where there are several */
  readonly sameName?: readonly string[];
}

/** How a static probe gives one of its arguments: a value of `bytes` bytes in a register, in memory, or in the code. */
export interface StaticProbeArgument {
  readonly bytes: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  readonly at:
    | { readonly kind: "constant"; readonly value: bigint }
    /** `register` as assemblers name it: `eax`, `w0` */
    | { readonly kind: "register"; readonly register: string }
    /** at base + index × scale + offset in the memory of the process */
    | {
        readonly kind: "memory";
        readonly base: string;
        readonly index?: string;
        readonly scale: number;
        readonly offset: number;
      };
}

/** One place of a static probe (USDT), from a file's `.note.stapsdt`; a probe has one for each of its places in the code. */
export interface StaticProbe {
  readonly provider: string;
  readonly name: string;
  /** offset of the probe's instruction in the file, which is what a uprobe takes */
  readonly fileOffset: number;
  /** offset in the file of the u16 that the process looks at to know whether anybody listens; absent where the probe is always on */
  readonly semaphoreOffset?: number;
  /** a string says why an argument cannot be read */
  readonly arguments: readonly (StaticProbeArgument | string)[];
}

/** Its questions throw BeyondLimit (elf/file-reader.ts) where answering would cost more than a file may. */
export interface ElfFile {
  /** the file after following links */
  readonly path: string;
  /** @param name may be spelled as in elf/function-name.ts */
  symbol(name: string): ElfSymbol | undefined;
  /** those of several names that there are */
  symbols(names: readonly string[]): ReadonlyMap<string, ElfSymbol>;
  /** names of all functions, for "did you mean" */
  symbolNames(): Iterable<string>;
  /** names that several functions have, each with how these are spelled alone; absent where that was not recorded */
  sameNames?(): ReadonlyMap<string, readonly string[]>;
  /** names of functions that are chosen when a program starts (STT_GNU_IFUNC), which `symbol` does not find; absent where that was not recorded */
  indirectNames?(): ReadonlySet<string>;
  /** whether its symbols were taken away (`strip`): only functions that it exports have a name */
  readonly isStripped?: true;
  /** so many bytes of the file, less where it ends; absent where its contents were not recorded */
  code?(fileOffset: number, bytes: number): Uint8Array;
  /** whether the Go compiler made it, whose functions move their stacks */
  readonly isGo?: true;
  /** all functions with their places, for a record of the file */
  functions(): readonly ElfSymbol[];
  /** equal for two files whose code is the same, in hexadecimal; absent where the linker gave none */
  readonly buildId?: string;
  /** all places of all static probes, in the file's order */
  staticProbes(): readonly StaticProbe[];
}

/** What the compiler may ask of a kernel; `since` is only for messages: presence is probed, not derived from the version. */
export type KernelFeature =
  /** bpf_get_current_task_btf, 5.11 */
  | "current_task_btf"
  /** BPF_MAP_TYPE_TASK_STORAGE in tracing programs, 5.13 (a10787e6d58c "bpf: Enable task local storage for tracing programs") */
  | "task_storage"
  /** atomics with fetch, xchg, cmpxchg, 5.12 */
  | "atomic_fetch"
  /** bpf_link for perf events, 5.15 */
  | "perf_link"
  /** bpf_get_attach_cookie at tracepoints, kprobes and uprobes, 5.15 */
  | "attach_cookie"
  /** functions can be probed by breakpoints: CONFIG_KPROBES and CONFIG_KPROBE_EVENTS */
  | "kprobe"
  /** many kprobes by one link: 5.18 with CONFIG_FPROBE */
  | "kprobe_multi"
  /** links to many places of a file at once, 6.6 */
  | "uprobe_multi"
  /** functions can be probed by trampolines: CONFIG_FUNCTION_TRACER, 5.5 on x86-64, 6.0 on arm64 */
  | "fentry"
  /** BPF_MAP_TYPE_RINGBUF, 5.8 */
  | "ring_buffer"
  /** signed division and modulo (ISA v4), 6.6 */
  | "signed_division";

/** A function that can be probed, of the kernel or of a module. */
export interface KernelFunction {
  /** as its symbol is: compilers call changed copies `lookup_fast.constprop.0` */
  readonly name: string;
  /** absent for the kernel's own */
  readonly module?: string;
}

export interface KernelFunctions {
  /** Those of this very name, the kernel's own first: static functions may share one. */
  named(name: string): readonly KernelFunction[];
  /** Those that the compiler has made of the function of this name: with some arguments left out, or made constant. */
  copiesOf(name: string): readonly KernelFunction[];
  all(): Iterable<KernelFunction>;
  /** Whether there is such a function at all, also one that the kernel does not let anybody probe. */
  exists(name: string): boolean;
}

/** An event of perf: PERF_TYPE_* and config, as perf_event_open(2) takes them. */
export interface PerfEvent {
  readonly type: number;
  readonly config: bigint;
}

export type Architecture = "x86_64" | "aarch64";

/**
 * Facts about one kernel: the running host, or recorded ones. Everything that the checker and the compiler know of a kernel
 * comes from here, so both are pure functions of (rule, Kernel).
 */
export interface Kernel {
  /** such as `6.18.44` */
  readonly release: string;
  readonly architecture: Architecture;
  /** CPUs that per-CPU values have room for */
  readonly possibleCpus: number;
  readonly pageBytes: number;
  readonly btf: Btf;
  has(feature: KernelFeature): boolean;
  tracepoint(category: string, name: string): TracepointFormat | undefined;
  tracepoints(): readonly TracepointName[];
  /** An executable or library by absolute path or soname (`libc.so.6`, `libreadline`). A string says why there is none, in lower case. */
  elf(pathOrSoname: string): ElfFile | string;
  /** The address of a function or variable of the kernel by /proc/kallsyms; undefined where it has none, or hides them. */
  symbolAddress(name: string): bigint | undefined;
  /** The functions that can be probed now: modules come and go. */
  functions(): KernelFunctions;
  /** The types of a module, of which those of the kernel are part (split BTF, 5.11); undefined where it has none. */
  moduleBtf(module: string): Btf | undefined;
  /** Whether the machine counts an event: kernels count software events, hardware ones need counters, which virtual machines may lack. */
  counts(event: PerfEvent): boolean;
}
