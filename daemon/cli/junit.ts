/** One test in JUnit's format. */
export interface JunitCase {
  readonly suite: string;
  readonly name: string;
  readonly seconds: number;
  /** why it failed */
  readonly failure?: string;
}

/**
 * Formats the XML that build servers read, as JUnit and `promtool test rules --junit` write it: a
 * suite for each file.
 */
export function junitXml(cases: readonly JunitCase[]): string {
  const suites = Map.groupBy(cases, ({ suite }) => suite);
  const body = [...suites].map(([suite, tests]) => suiteXml(suite, tests)).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${counts(cases)}>\n${body}</testsuites>\n`;
}

function suiteXml(suite: string, cases: readonly JunitCase[]): string {
  const body = cases.map(caseXml).join("");
  return `  <testsuite name="${escaped(suite)}"${counts(cases)}>\n${body}  </testsuite>\n`;
}

function caseXml({ name, seconds, suite, failure }: JunitCase): string {
  const start = `    <testcase name="${escaped(name)}" classname="${escaped(suite)}" time="${seconds.toFixed(3)}"`;
  if (failure === undefined) return `${start}/>\n`;
  const [first = ""] = failure.split("\n", 1);
  return `${start}>\n      <failure message="${escaped(first)}">${escaped(failure)}</failure>\n    </testcase>\n`;
}

function counts(cases: readonly JunitCase[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const seconds = cases.reduce((sum, each) => sum + each.seconds, 0);
  return ` tests="${cases.length}" failures="${failures}" time="${seconds.toFixed(3)}"`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Escapes text for XML 1.0, which cannot represent most control characters. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd")
    .replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}
