const RULE = "rule: r\nprobe: tracepoint:sched:sched_switch\naggregate: count()\n";

/** The name of an input, and the input of a size in characters. */
export type Hostile = readonly [name: string, text: (size: number) => string];

/** As many copies of `piece` as fit between what stands before and behind them. */
const many =
  (piece: string, before = "", behind = "") =>
  (size: number): string =>
    before + piece.repeat(Math.max(1, Math.floor((size - before.length - behind.length) / piece.length))) + behind;

/** As many numbered pieces as fit. */
const numbered =
  (piece: (index: number) => string, before = "", behind = "", between = ", ") =>
  (size: number): string => {
    const count = Math.max(
      1,
      Math.floor((size - before.length - behind.length) / (piece(9999).length + between.length)),
    );
    return before + Array.from({ length: count }, (_, index) => piece(index)).join(between) + behind;
  };

/** Expressions that nest, repeat, or hold much that is unknown. */
export const HOSTILE_EXPRESSIONS: readonly Hostile[] = [
  ["parentheses", many("(", "", "1")],
  ["brackets", many("[", "1 in ")],
  ["minus signs", many("-", "", "1")],
  ["tildes", many("~", "", "1")],
  ["bangs", many("!", "", "true")],
  ["nots", many("not ", "", "true")],
  ["unknown fields one behind the other", many(".a", "args.prev_pid")],
  ["a walk through many pointers", many(".real_parent", "task", ".tgid == 1")],
  ["indexes", many("[0]", "task.comm", " == 1")],
  ["indexes within indexes", many("task.comm[", "", "0")],
  ["a long or", many(" or pid == 1", "pid == 2")],
  ["a long and", many(" and pid == 1", "pid == 2")],
  ["a long sum", many("+1", "pid", " == 3")],
  ["a long product", many("*pid", "pid", " == 3")],
  ["shifts", many(" << 1", "pid", " == 1")],
  ["a long list", many("1,", "pid in [", "1]")],
  ["a list of ranges", many("1..2,", "pid in [", "1]")],
  ["a list of texts", many('"a",', "comm in [", '"b"]')],
  ["a list of networks", many("10.0.0.0/8,", "10.0.0.1 in [", "1.1.1.1]")],
  ["alternatives that are absent", many(" ?? args.nope", "args.no", " == 1")],
  ["alternatives that are there", many(" ?? 1", "args.no", " == 1")],
  ["conditionals", many("pid == 1 ? 1 : ", "", "0")],
  ["conditionals within conditionals", many("true ? ", "", "1")],
  ["calls within calls", many("str(", "", "1")],
  ["many arguments", many("1,", "str(", "1)")],
  ["arguments of no function", many("1,", "nothing(", "1)")],
  ["a long text", many("a", '"', '" == comm')],
  ["escapes", many("\\n", '"', '" == comm')],
  ["a long number", many("9")],
  ["a long hexadecimal number", many("f", "0x")],
  ["a long decimal", many("9", "1.")],
  ["a long name", many("n")],
  ["unknown names", numbered((index) => `nam${index}`, "", "", " + ")],
  ["misspelt names", many(" or pidd == 1", "pid == 2")],
  ["misspelt enumerators", numbered((index) => `TCP_ESTABLISHE${index} == 1`, "", "", " or ")],
  ["misspelt types", numbered((index) => `cast(1, "task_strct${index}").pid == 1`, "", "", " or ")],
  ["misspelt fields", numbered((index) => `task.pdi${index} == 1`, "", "", " or ")],
  ["misspelt functions", numbered((index) => `kstac${index}(1)`, "", "", " or ")],
  ["a chain of comparisons", many(" < 1", "1")],
  ["a chain of memberships", many(" in 1", "1")],
  ["commas", many(",")],
  ["dots", many(".")],
  ["equal signs", many("== ")],
  ["colons", many(":")],
  ["question marks", many("? ")],
  ["backslashes", many("\\")],
  ["dollars", many("$")],
  ["emoji", many("😀")],
  ["spaces", many(" ", "", "1")],
  ["pieces of addresses", many(":1", "1")],
  ["prefixes", many("/8", "1.1.1.1")],
  ["durations", many("1ms+", "", "1ms > 2ms")],
  ["texts compared", many(' or starts_with(comm,"a")', "pid == 2")],
  ["stacks", many(" == kstack", "kstack")],
  ["ranges", many("..1", "1")],
];

/** The expression as the filter of a rule. */
export const asFilter = (expression: string): string => `${RULE}filter: '${expression.replaceAll("'", "''")}'\n`;

/** Rule files that nest, repeat, refer to themselves, or hold very many of one thing. */
export const HOSTILE_FILES: readonly Hostile[] = [
  ["flow lists", many("[")],
  ["flow maps", many("{a: ")],
  ["lists within lists", many("- ")],
  [
    "maps within maps",
    (size) => Array.from({ length: Math.floor(Math.sqrt(size)) }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
  ],
  [
    "aliases of aliases",
    numbered((index) => `b${index}: &b${index} [*a,*a,*a,*a,*a,*a]`, "a: &a [x,x,x,x,x]\n", "", "\n"),
  ],
  ["an alias many times", many("*a, ", "a: &a x\nb: [", "*a]")],
  ["an alias of itself", many("*a, ", "a: &a [", "*a]")],
  ["merge keys", many("<<: *a\n", "a: &a {}\n")],
  ["keys", numbered((index) => `k${index}: 1`, "", "", "\n")],
  ["one key many times", many("a: 1\n")],
  ["unknown keys", numbered((index) => `k${index}: 1`, RULE, "", "\n")],
  ["empty documents", many("---\n")],
  ["faulty rules", many("---\nrule: r\nprobe: x\n")],
  ["one rule many times", many(`${RULE}---\n`)],
  ["anchors", many("&a ")],
  ["tags", many("!a ")],
  ["comments", many("# x\n")],
  ["single quotes", many("'")],
  ["double quotes", many('"')],
  ["block scalars", many("|\n")],
  ["tabs", many("\t")],
  ["colons", many(": ")],
  ["question marks", many("? ")],
  ["flow commas", many(",", "[")],
  ["NULs", many("\0")],
  ["line separators", many("\u2028")],
  ["carriage returns", many("a: 1\r\n")],
  ["by as a map", numbered((index) => `a${index}: pid`, `${RULE}by: {`, "}\n")],
  ["by as a list", many("pid, ", `${RULE}by: [`, "]\n")],
  ["fields of an event", numbered((index) => `a${index}: pid`, `${RULE}event: {`, "}\n")],
  ["paths in an event", numbered((index) => `a${index}: exe`, `${RULE}event: {`, "}\n")],
  [
    "names of with, each of the next",
    numbered((index) => `a${index}: a${index + 1}`, `${RULE}with: {`, "}\nfilter: a0 == 1\n"),
  ],
  [
    "names of let, each of the one before",
    numbered((index) => `v${index + 1}: v${index}+v${index}`, `${RULE}let: {v0: value, `, "}\nthreshold: v9 > 1\n"),
  ],
  [
    "aggregates",
    numbered((index) => `v${index}: count()`, "rule: r\nprobe: tracepoint:sched:sched_switch\naggregate: {", "}\n"),
  ],
  [
    "signals",
    numbered(
      (index) => ` s${index}: {probe: tracepoint:sched:sched_switch, aggregate: count()}`,
      "rule: r\nsignals:\n",
      "\n",
      "\n",
    ),
  ],
  [
    "one probe many times",
    many("tracepoint:sched:sched_switch, ", "rule: r\nprobe: {any: [", "]}\naggregate: count()\n"),
  ],
  ["alternatives that are absent", many("tracepoint:sched:nope, ", "rule: r\nprobe: [", "]\naggregate: count()\n")],
  ["a pattern of stars", many("*a", "rule: r\nprobe: 'tracepoint:sched:", "'\naggregate: count()\n")],
  ["a long probe", many("x", "rule: r\nprobe: tracepoint:", "\naggregate: count()\n")],
  ["a long name", many("x", "rule: ", "\nprobe: tracepoint:sched:sched_switch\naggregate: count()\n")],
  [
    "kept values",
    numbered(
      (index) => `a${index}: pid`,
      "rule: r\nprobe: {from: tracepoint:sched:sched_switch, to: tracepoint:sched:sched_wakeup, keep: {",
      "}}\naggregate: max(elapsed)\n",
    ),
  ],
  ["a long threshold", many(" or value > 1", `${RULE}threshold: 'value > 2`, "'\n")],
  ["a nested threshold", many("(", `${RULE}threshold: '`, "1'\n")],
  ["a long summary", many("{{ value }}", `${RULE}threshold: value > 1\nsummary: '`, "'\n")],
  ["open tags in a summary", many("{% if value %}", `${RULE}threshold: value > 1\nsummary: '`, "'\n")],
  ["filters in a summary", many("| round", `${RULE}threshold: value > 1\nsummary: '{{ value `, "}}'\n")],
  ["labels", numbered((index) => `a${index}: b`, `${RULE}labels: {`, "}\n")],
  ["actions", numbered((index) => `a${index}`, `${RULE}action: [`, "]\n")],
  ["a long window", many("9", `${RULE}window: `, "s\n")],
  ["a long line", many("x", `${RULE}filter: `)],
];
