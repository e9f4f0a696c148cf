/** The part of a cgroup that is shown: its path, or the name of what runs in it. */
export type CgroupPart = "path" | "unit" | "container" | "pod";

/**
 * The way in which an integer is shown to users. The kernel half computes with the plain number.
 */
export type Meaning =
  | { readonly kind: "plain" }
  /** nanoseconds */
  | { readonly kind: "duration" }
  | { readonly kind: "bytes" }
  /** nanoseconds since boot, shown as Unix time */
  | { readonly kind: "timestamp" }
  /** a user id, shown by name */
  | { readonly kind: "user" }
  | { readonly kind: "hex" }
  /** the id of a cgroup, shown by path, or by what runs in it */
  | { readonly kind: "cgroup"; readonly part: CgroupPart }
  /** the kernel's dev_t, shown as `major:minor` */
  | { readonly kind: "device" }
  /** permissions and type of a file, in octal */
  | { readonly kind: "mode" }
  /** an address in the kernel, shown as `function+offset` */
  | { readonly kind: "kernel-symbol" }
  /** names of an enum's or `__print_symbolic` list's values */
  | { readonly kind: "names"; readonly names: ReadonlyMap<bigint, string> };

/** The type of an expression in the kernel. */
export type Type =
  | {
      readonly kind: "integer";
      readonly bits: 8 | 16 | 32 | 64;
      readonly signed: boolean;
      readonly meaning: Meaning;
      /**
       * the memory that it points into if it is an address: it was a pointer, or was read from the
       * memory of the process
       */
      readonly space?: "kernel" | "user";
    }
  | { readonly kind: "boolean" }
  /**
   * A NUL-terminated string of at most `maxBytes` with the NUL. The form "tty" shows `pts3` as
   * `pts/3`. In "bytes" all bytes count, NULs too, and there are at most `maxBytes`. "arguments"
   * have ARGUMENT_END between them. The last word of a `marked` column says if the text was cut
   * (`TextMark`).
   */
  | {
      readonly kind: "string";
      readonly maxBytes: number;
      readonly form: "text" | "tty" | "bytes" | "arguments";
      readonly marked?: true;
    }
  /**
   * a call stack: 64 bits that identify it in the rule's map `stacks`; 0 means no stack; it can
   * only be sent or counted by
   */
  | { readonly kind: "stack"; readonly space: "kernel" | "user" }
  /** 16 bytes; v4 as `::ffff:a.b.c.d` */
  | { readonly kind: "address" }
  /**
   * `to` is a BTF type id, 0 for void; `direct`: the verifier lets a program load through it
   * without a helper; `others` are types of the same name that may as well be meant
   */
  | {
      readonly kind: "pointer";
      readonly to: number;
      readonly space: "kernel" | "user";
      readonly direct: boolean;
      readonly others?: readonly number[];
    }
  /**
   * a struct, union or array in memory: only its fields and elements can be used, or its address as
   * a pointer
   */
  | {
      readonly kind: "place";
      readonly type: number;
      readonly space: "kernel" | "user";
      readonly direct: boolean;
      readonly others?: readonly number[];
    };
