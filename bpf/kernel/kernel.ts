import type { BtfType } from "./btf-type.ts";

/** The kinds that BTF can be asked for by name. */
export type BtfNamedKind = "int" | "struct" | "union" | "enum" | "typedef" | "function" | "variable" | "section";

/** An enumerator of a kernel. */
export interface FoundEnumerator {
  readonly value: bigint;
  /** the id of the enum that has it */
  readonly enumId: number;
}

/** The types of a kernel. Opening indexes names once; a type is decoded when it is asked for. */
export interface Btf {
  /** ids run from 0, which is void, to one less than this */
  readonly typeCount: number;
  /** Returns a type. Throws for an id that the table lacks: ids come from the table itself. */
  type(id: number): BtfType;
  find(kind: BtfNamedKind, name: string): number | undefined;
  /**
   * Returns all of this name, first the one that `find` returns: each source file may have a type
   * of its own.
   */
  findAll(kind: BtfNamedKind, name: string): readonly number[];
  /** Returns the value of an enumerator such as `TCP_ESTABLISHED`, and the enum that has it. */
  enumerator(name: string): FoundEnumerator | undefined;
  /** Returns all of this name, first the one that `enumerator` returns. */
  enumerators(name: string): readonly FoundEnumerator[];
  /** Returns the names of all enumerators, tens of thousands, for "did you mean". */
  enumeratorNames(): Iterable<string>;
  /**
   * Returns the offset in bytes of a per-CPU variable in the per-CPU section, or undefined if the
   * kernel's BTF does not say.
   */
  cpuVariableOffset(name: string): number | undefined;
  /** Returns all names of a kind, for "did you mean" and listings. */
  names(kind: BtfNamedKind): Iterable<string>;
}

/**
 * One field of a tracepoint's record, from its tracefs `format` file. Offsets are into the
 * program's context.
 */
export interface TracepointField {
  readonly name: string;
  /** the C type as the file spells it, such as `const char *`, `__u8[4]`, `__data_loc char[]` */
  readonly cType: string;
  readonly offset: number;
  readonly bytes: number;
  readonly signed: boolean;
  /** what the value is, if it is more than a number */
  readonly form: TracepointFieldForm;
}

export type TracepointFieldForm =
  | { readonly kind: "integer"; /** names from `__print_symbolic` */ readonly names?: ReadonlyMap<bigint, string> }
  | {
      readonly kind: "pointer";
      /** the C type pointed to, without qualifiers, such as `struct sock`, `char`, `void` */
      readonly to: string;
      readonly space: "kernel" | "user";
    }
  /** printed with `%pI4` (4 bytes) or `%pI6c` (16 bytes) */
  | { readonly kind: "address"; readonly family: 4 | 6 }
  /** a char array within the record */
  | { readonly kind: "characters" }
  /** `__data_loc char[]`: a u32 of (length << 16 | offset) */
  | { readonly kind: "located-characters" }
  | { readonly kind: "array"; readonly elementBytes: number; readonly elementSigned: boolean }
  /** `__data_loc u64[]`: found like `located-characters` */
  | { readonly kind: "located-array"; readonly elementBytes: number; readonly elementSigned: boolean }
  /**
   * a form that rules cannot use (`__data_loc cpumask_t`, `__rel_loc`, a struct); kept so that
   * messages can name the field
   */
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
  /** offset of the function in the file, as a uprobe takes it */
  readonly fileOffset: number;
  /** length of its code; absent or 0 if not known */
  readonly bytes?: number;
  /** distance of an address from the start of its function */
  readonly within?: number;
  /** if several functions have this name: the unique spelling of each */
  readonly sameName?: readonly string[];
}

/**
 * The location of an argument of a static probe: a value of `bytes` bytes in a register, in memory,
 * or in the code.
 */
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

/**
 * One place of a static probe (USDT), from a file's `.note.stapsdt`. A probe has one for each of
 * its places in the code.
 */
export interface StaticProbe {
  readonly provider: string;
  readonly name: string;
  /** offset of the probe's instruction in the file, as a uprobe takes it */
  readonly fileOffset: number;
  /**
   * offset in the file of the u16 that tells the process whether a tracer is attached; absent if
   * the probe is always on
   */
  readonly semaphoreOffset?: number;
  /** a string says why an argument cannot be read */
  readonly arguments: readonly (StaticProbeArgument | string)[];
}

/**
 * An ELF file. Its methods throw BeyondLimit (elf/file-reader.ts) when an answer would cost more
 * than a file may.
 */
export interface ElfFile {
  /** path of the file after following links */
  readonly path: string;
  /**
   * Finds a function.
   *
   * @param name spelled as in elf/function-name.ts
   */
  symbol(name: string): ElfSymbol | undefined;
  /** Finds several functions; absent ones are left out. */
  symbols(names: readonly string[]): ReadonlyMap<string, ElfSymbol>;
  /** Returns the names of all functions, for "did you mean". */
  symbolNames(): Iterable<string>;
  /**
   * Returns the names that several functions have, each with their unique spellings. Absent if that
   * was not recorded.
   */
  sameNames?(): ReadonlyMap<string, readonly string[]>;
  /**
   * Returns the names of functions that are chosen when a program starts (STT_GNU_IFUNC) and that
   * `symbol` does not find. Absent if that was not recorded.
   */
  indirectNames?(): ReadonlySet<string>;
  /** true if its symbols were removed (`strip`): only exported functions have a name */
  readonly isStripped?: true;
  /** Returns up to `bytes` bytes of the file. Absent if its contents were not recorded. */
  code?(fileOffset: number, bytes: number): Uint8Array;
  /** true if the Go compiler made it: Go functions move their stacks */
  readonly isGo?: true;
  /** Returns all functions with their places, for a record of the file. */
  functions(): readonly ElfSymbol[];
  /** in hexadecimal, equal for two files with the same code; absent if the linker wrote none */
  readonly buildId?: string;
  /** Returns all places of all static probes, in the file's order. */
  staticProbes(): readonly StaticProbe[];
}

/**
 * A feature that the compiler may ask a kernel for. The version in each comment is for readers: a
 * feature is probed, never derived from the version.
 */
export type KernelFeature =
  /** bpf_get_current_task_btf, 5.11 */
  | "current_task_btf"
  /**
   * BPF_MAP_TYPE_TASK_STORAGE in tracing programs, 5.13 (a10787e6d58c "bpf: Enable task local
   * storage for tracing programs")
   */
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
  /**
   * programs at security hooks are asked: CONFIG_BPF_LSM and `bpf` in `lsm=`, 5.7 on x86-64, 6.0 on
   * arm64
   */
  | "lsm"
  /** BPF_MAP_TYPE_RINGBUF, 5.8 */
  | "ring_buffer"
  /** signed division and modulo (ISA v4), 6.6 */
  | "signed_division";

/** A function that can be probed, of the kernel or of a module. */
export interface KernelFunction {
  /** name of its symbol: compilers call changed copies `lookup_fast.constprop.0` */
  readonly name: string;
  /** absent for a function of the kernel itself */
  readonly module?: string;
}

export interface KernelFunctions {
  /**
   * Returns the functions of exactly this name, the kernel's own first: static functions may share
   * a name.
   */
  byName(name: string): readonly KernelFunction[];
  /**
   * Returns the copies that the compiler has made of the function of this name: with some arguments
   * left out, or made constant.
   */
  copiesOf(name: string): readonly KernelFunction[];
  all(): Iterable<KernelFunction>;
  /** True if there is such a function, even one that the kernel does not let anybody probe. */
  exists(name: string): boolean;
}

/** An event of perf: PERF_TYPE_* and config, as perf_event_open(2) takes them. */
export interface PerfEvent {
  readonly type: number;
  readonly config: bigint;
}

export type Architecture = "x86_64" | "aarch64";

/**
 * Facts about one kernel: the running host, or recorded ones. The checker and the compiler know a
 * kernel only from here, so both are pure functions of (rule, Kernel).
 */
export interface Kernel {
  /** such as `6.18.44` */
  readonly release: string;
  readonly architecture: Architecture;
  /** number of CPUs that per-CPU values have room for */
  readonly possibleCpus: number;
  readonly pageBytes: number;
  readonly btf: Btf;
  has(feature: KernelFeature): boolean;
  tracepoint(category: string, name: string): TracepointFormat | undefined;
  tracepoints(): readonly TracepointName[];
  /**
   * Opens an executable or library by absolute path or soname (`libc.so.6`, `libreadline`). Returns
   * a text in lower case that says why there is none.
   */
  elf(pathOrSoname: string): ElfFile | string;
  /**
   * Returns the address of a function or variable of the kernel by /proc/kallsyms, or undefined if
   * it has none, or hides them.
   */
  symbolAddress(name: string): bigint | undefined;
  /** Returns the functions that can be probed now: modules come and go. */
  functions(): KernelFunctions;
  /**
   * Returns the types of a module, including those of the kernel (split BTF, 5.11), or undefined if
   * it has none.
   */
  moduleBtf(module: string): Btf | undefined;
  /**
   * True if the machine counts an event. Kernels count software events. Hardware events need
   * counters, which virtual machines may lack.
   */
  counts(event: PerfEvent): boolean;
}
