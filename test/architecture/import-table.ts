/** The imports that the files of one folder, or one file, may have besides their own folder. */
export interface Place {
  /**
   * a folder, a file, `FOLDER/*.ts` for the files directly in a folder, or a file of each folder in
   * a folder, with `*` for the name of that one
   */
  readonly path: string;
  /** other places of this table, and packages */
  readonly mayImport: readonly string[];
  /** a pure stage computes from what it is given: it may import of Node only what does no I/O */
  readonly pure?: boolean;
}

/** Numbers of the kernel's enumerations, which need neither libbpf nor a kernel. */
const enumerations = ["bpf/libbpf-ts/src/map-type.ts", "bpf/libbpf-ts/src/program-type.ts"];
const language = ["bpf/source", "bpf/language"];
const compiler = [...language, "bpf/kernel", "bpf/check", "bpf/compile"];
const stages = [...compiler, "bpf/elf", "bpf/foreign", "bpf/load"];
const text = ["daemon/text"];
const service = [...text, "daemon/service"];
/** A receiver without its delivery: the settings are read, and alerts become messages, by these. */
const receivers = ["daemon/settings/values", "daemon/receivers/*/settings.ts", "daemon/receivers/*.ts"];
const settings = [...language, ...service, "daemon/yaml", "daemon/matchers", ...receivers, "daemon/settings"];
const rules = [...settings, "daemon/rules"];
const sample = [...rules, "bpf/check", "bpf/compile", "bpf/load", "daemon/sample"];
const evaluate = [...sample, "daemon/evaluate"];
const messages = [
  ...[...evaluate, "daemon/seal", "daemon/audit", "daemon/store"],
  ...["daemon/notify/stages", "daemon/notify/message", "daemon/notify/queue"],
];
const deliver = [...messages, "daemon/notify/deliver"];
const notify = [...deliver, "daemon/receivers", "daemon/notify"];
const running = [...stages, ...notify, "daemon/api", "daemon/try", "daemon/metrics/totals", "daemon/run"];
const meeting = [
  ...running,
  "bpf/interpret",
  "daemon/metrics",
  "daemon/promql",
  "daemon/http",
  "daemon/page",
  "daemon/state",
  "daemon/ruletest",
  "daemon/*.ts",
  "commander",
  "pino",
  "yaml",
];

/**
 * The direction of imports: a stage imports what comes before it in the way of a rule from text to
 * notification, never what comes after it. Only the commands and the files directly in daemon/ see
 * all stages, and koffi is for those that speak to C.
 */
export const importTable: readonly Place[] = [
  ...enumerations.map((path) => ({ path, mayImport: [], pure: true })),
  { path: "bpf/libbpf-ts", mayImport: [...enumerations, "koffi"] },
  { path: "bpf/source", mayImport: [], pure: true },
  { path: "bpf/language", mayImport: ["bpf/source"], pure: true },
  { path: "bpf/kernel", mayImport: language },
  { path: "bpf/check", mayImport: [...language, "bpf/kernel"], pure: true },
  { path: "bpf/compile", mayImport: [...enumerations, ...language, "bpf/kernel", "bpf/check"], pure: true },
  { path: "bpf/interpret", mayImport: [...language, "bpf/kernel", "bpf/check", "bpf/compile"], pure: true },
  { path: "bpf/elf", mayImport: [...enumerations, ...compiler], pure: true },
  { path: "bpf/foreign", mayImport: [...language, "bpf/kernel", "koffi"] },
  { path: "bpf/load", mayImport: [...compiler, "bpf/foreign", "libbpf-ts"] },

  { path: "schemas", mayImport: [] },
  { path: "daemon/text", mayImport: [...language, "liquidjs"], pure: true },
  { path: "daemon/service", mayImport: ["bpf/source", ...text, "koffi", "pino"] },
  { path: "daemon/yaml/compiled", mayImport: ["ajv"] },
  { path: "daemon/yaml", mayImport: [...language, "daemon/yaml/compiled", "ajv", "yaml"], pure: true },
  { path: "daemon/matchers", mayImport: [...language, "re2js"], pure: true },
  { path: "daemon/settings/values", mayImport: ["bpf/source", "daemon/yaml"] },
  ...["daemon/receivers/*/settings.ts", "daemon/receivers/*.ts"].map((path) => ({
    path,
    mayImport: ["bpf/source", ...text, "daemon/yaml", ...receivers],
    pure: true,
  })),
  { path: "daemon/settings", mayImport: [...settings, "schemas", "yaml"] },
  { path: "daemon/rules", mayImport: [...rules, "schemas", "liquidjs", "yaml"] },
  { path: "daemon/sample", mayImport: [...rules, "bpf/kernel", "bpf/check", "bpf/compile", "bpf/load"] },
  { path: "daemon/evaluate", mayImport: [...sample, "liquidjs"], pure: true },
  { path: "daemon/ruletest", mayImport: [...evaluate, "bpf/interpret", "schemas"], pure: true },
  { path: "daemon/store", mayImport: ["bpf/source", ...service, "daemon/settings"] },
  { path: "daemon/seal", mayImport: ["bpf/source", ...service] },
  { path: "daemon/audit", mayImport: [...evaluate, "daemon/seal", "daemon/store"] },
  ...["daemon/notify/stages", "daemon/notify/message", "daemon/notify/queue"].map((path) => ({
    path,
    mayImport: [...messages, "liquidjs", "pino"],
  })),
  { path: "daemon/notify/deliver", mayImport: deliver },
  { path: "daemon/receivers", mayImport: [...deliver, "nodemailer", "aws4fetch"] },
  { path: "daemon/notify", mayImport: [...notify, "liquidjs", "pino"] },
  { path: "daemon/api", mayImport: [...notify, "daemon/yaml/compiled", "schemas", "ajv"] },
  { path: "daemon/metrics/totals", mayImport: [...evaluate, "daemon/metrics/totals"], pure: true },
  { path: "daemon/metrics", mayImport: [...notify, "daemon/api", "daemon/metrics/totals"] },
  { path: "daemon/page", mayImport: [...notify, "daemon/api"] },
  { path: "daemon/http", mayImport: [...notify, "daemon/api", "daemon/metrics", "daemon/page"] },
  { path: "daemon/promql", mayImport: [...evaluate, "daemon/metrics"], pure: true },
  { path: "daemon/try", mayImport: notify, pure: true },
  { path: "daemon/run", mayImport: running },
  { path: "daemon/state", mayImport: running },
  { path: "daemon/cli", mayImport: meeting },
  { path: "package.json", mayImport: [] },
  { path: "daemon/*.ts", mayImport: [...meeting, "daemon/cli", "package.json"] },
];
