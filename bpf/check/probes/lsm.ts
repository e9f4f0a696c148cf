import type { Btf, Kernel } from "../../kernel/kernel.ts";
import { didYouMean } from "../../source/did-you-mean.ts";
import { prototypeOf, trampolineArguments, trampolineFault } from "./function-arguments.ts";
import { namePattern } from "./name-pattern.ts";
import { badSpelling, fault, found, type ProbeKind } from "./probe-kind.ts";

/**
 * The start of a function's name. For each hook the kernel has an empty function, this prefix and
 * the name of the hook, to which programs are attached.
 */
const FUNCTION_PREFIX = "bpf_lsm_";

/**
 * Hooks that the kernel does not let programs answer, since their result is more than allowed or
 * refused (`bpf_lsm_disabled_hooks` in kernel/bpf/bpf_lsm.c, 6.12).
 */
const WITHOUT_PROGRAMS: ReadonlySet<string> = new Set([
  "vm_enough_memory",
  "inode_need_killpriv",
  "inode_getsecurity",
  "inode_listsecurity",
  "inode_copy_up_xattr",
  "getselfattr",
  "getprocattr",
  "setprocattr",
  "key_getsecurity",
  "audit_rule_match",
  // since 6.19: "bpf: Disable file_alloc_security hook"
  "file_alloc_security",
  "ismaclabel",
]);

/** The hooks at which the kernel asks its security modules. Our programs allow everything. */
export const LSM: ProbeKind = {
  name: "lsm",
  syntax: "lsm:HOOK",
  doc: "A hook where the kernel asks its security modules (BPF LSM), before they answer; arguments by name. It only observes: nothing is refused.",
  resolve(spelled, rest, kernel) {
    if (!/^\w+$/.test(rest)) return badSpelling(LSM, spelled);
    const lacks = lacking(kernel);
    if (lacks !== undefined) return fault("unknown-probe", lacks.message, `${lacks.help}, or write ${instead(rest)}`);
    const { btf } = kernel;
    const [btfId, prototype] = [btf.find("function", FUNCTION_PREFIX + rest), prototypeOf(btf, FUNCTION_PREFIX + rest)];
    if (btfId === undefined || prototype === undefined || !hooks(btf).includes(rest)) {
      const near = didYouMean(rest.replace(/^(?:security|bpf_lsm)_/, ""), hooks(btf))?.replace('"', '"lsm:');
      const help = near ?? `"bpfwarden probes 'lsm:*'" lists the hooks of this kernel`;
      return fault("unknown-probe", `this kernel has no security hook "${rest}"`, help);
    }
    const unfit = trampolineFault(btf, prototype);
    if (unfit !== undefined) return fault("unknown-probe", `"${spelled.text}" cannot be probed: ${unfit}`);
    const attach = { kind: "lsm", hook: rest, btfId } as const;
    return found({ spelled, attach, context: trampolineArguments(btf, prototype, false) });
  },
  list: (rest, kernel) => lacking(kernel)?.message ?? hooks(kernel.btf).filter(namePattern(rest)).toSorted(),
};

/** The function that calls the modules has the same arguments. */
const instead = (hook: string): string => `"kernel:security_${hook.replace(/^(?:security|bpf_lsm)_/, "")}"`;

interface MissingPart {
  readonly message: string;
  readonly help: string;
}

const LINUX = "Linux 5.7 on x86-64, 6.0 on arm64";

/** The part of BPF LSM that this kernel lacks. */
function lacking(kernel: Kernel): MissingPart | undefined {
  if (kernel.btf.find("function", `${FUNCTION_PREFIX}bpf`) === undefined) {
    const message = `this kernel cannot run "lsm" probes: they need BPF LSM (CONFIG_BPF_LSM, from ${LINUX})`;
    return { message, help: "use a kernel with CONFIG_BPF_LSM" };
  }
  if (kernel.has("lsm")) return undefined;
  // Programs are attached to hooks as to the entries of functions.
  if (!kernel.has("fentry")) {
    const message = `this kernel has no "lsm", which needs BPF trampolines (CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS; ${LINUX})`;
    return { message, help: "use a kernel that has them" };
  }
  const message =
    'this kernel does not ask BPF programs at "lsm": it was booted without "bpf" among its security modules';
  return { message, help: 'boot with "lsm=LIST,bpf", where LIST is the content of /sys/kernel/security/lsm' };
}

/**
 * Names of all hooks that programs can be attached to. The union has a member for each hook
 * (include/linux/lsm_hooks.h).
 */
function hooks(btf: Btf): readonly string[] {
  const id = btf.find("union", "security_list_options");
  const type = id === undefined ? undefined : btf.type(id);
  if (type?.kind !== "union") return [];
  return type.members.flatMap(({ name }) => {
    const isProbed = !WITHOUT_PROGRAMS.has(name) && btf.find("function", FUNCTION_PREFIX + name) !== undefined;
    return isProbed ? [name] : [];
  });
}
