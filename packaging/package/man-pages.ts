import { REFERENCE } from "../../test/docs/reference.ts";
import { roffOf, roffText } from "./roff.ts";

interface ManPage {
  readonly name: string;
  readonly section: 1 | 5;
  readonly purpose: string;
  readonly description: string;
  /** headings, and the generated parts of the documentation that are below them */
  readonly parts: readonly (readonly [heading: string, part: string])[];
  readonly files: readonly (readonly [path: string, doc: string])[];
}

const SETTINGS = ["/etc/bpfwarden/bpfwarden.yaml", "The settings."] as const;
const FRAGMENTS = [
  "/etc/bpfwarden/bpfwarden.yaml.d/*.yaml",
  "Fragments of the settings, read in the order of their names after bpfwarden.yaml. Maps are merged key by key; any " +
    "other value, also a list, replaces the earlier one. A link to /dev/null is not read.",
] as const;
const RULES = [
  "/usr/lib/bpfwarden/rules.d, /etc/bpfwarden/rules.d, /run/bpfwarden/rules.d",
  "The rules. A file replaces the file of the same name in an earlier folder, and a link to /dev/null removes it. " +
    "FILE.yaml.d/*.yaml change single keys of a rule.",
] as const;

const PAGES: readonly ManPage[] = [
  {
    name: "bpfwarden",
    section: 1,
    purpose: "alerts from rules that are compiled to BPF",
    description:
      "bpfwarden compiles rules to BPF, counts in the kernel, and sends a webhook or a mail when a threshold is " +
      "crossed. Every command exits with 0 on success, 1 if a problem was found, and 2 for wrong usage.",
    parts: [["COMMANDS", "commands"]],
    files: [SETTINGS, FRAGMENTS, RULES, ["/usr/share/bpfwarden/library", "More rules, to link or copy."]],
  },
  {
    name: "bpfwarden.yaml",
    section: 5,
    purpose: "settings of bpfwarden",
    description:
      "The settings are YAML: a file and its fragments. The daemon reads them again when they change, and keeps the " +
      "earlier ones if one of the files is faulty. `bpfwarden check --settings` finds mistakes before that.",
    parts: [["KEYS", "settings"]],
    files: [SETTINGS, FRAGMENTS],
  },
  {
    name: "bpfwarden.rules",
    section: 5,
    purpose: "rule files of bpfwarden",
    description: "A rule is a YAML document. A file has one or more of them, and its name ends in .yaml.",
    parts: [
      ["KEYS", "rule-keys"],
      ["PROBES", "probe-kinds"],
      ["KEYS OF SPANS", "span-keys"],
      ["AGGREGATES", "aggregates"],
      ["NAMES IN EXPRESSIONS", "names"],
      ["FUNCTIONS IN EXPRESSIONS", "functions"],
      ["FUNCTIONS IN THRESHOLDS", "threshold-functions"],
    ],
    files: [RULES],
  },
];

/**
 * Returns the man pages by their paths below /usr/share/man. They are made from the tables that the
 * documentation is made from.
 */
export async function manPages(version: string, unixSeconds: number): Promise<ReadonlyMap<string, string>> {
  const date = new Date(unixSeconds * 1000).toISOString().slice(0, 10);
  const pages = PAGES.map(async (page): Promise<[string, string]> => [
    `man${page.section}/${page.name}.${page.section}`,
    await textOf(page, `"${date}" "bpfwarden ${version}"`),
  ]);
  return new Map(await Promise.all(pages));
}

async function textOf(page: ManPage, footer: string): Promise<string> {
  const parts = await Promise.all(page.parts.map(([heading, name]) => partOf(heading, name)));
  const files = page.files.map(([path, doc]) => `.TP\n.I ${roffText(path)}\n${roffText(doc)}\n`);
  const others = PAGES.filter((each) => each !== page).map(({ name, section }) => `.BR ${roffText(name)} (${section})`);
  return [
    `.TH "${page.name.toUpperCase()}" ${page.section} ${footer}\n`,
    `.SH NAME\n${roffText(page.name)} \\- ${roffText(page.purpose)}\n`,
    `.SH DESCRIPTION\n${roffText(page.description)}\n`,
    ...parts,
    `.SH FILES\n${files.join("")}`,
    `.SH SEE ALSO\n${others.join(",\n")}\n.PP\nThe whole documentation is in /usr/share/doc/bpfwarden.\n`,
  ].join("");
}

async function partOf(heading: string, name: string): Promise<string> {
  const markdown = await REFERENCE[name]?.();
  if (markdown === undefined) throw new Error(`no part of the documentation is called "${name}"`);
  return `.SH ${heading}\n${roffOf(markdown)}`;
}
