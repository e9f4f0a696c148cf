/** Files and folders of the checkout that a test file holds. */
type Subjects = readonly string[];

/**
 * Test files that take long in a guest. `npm run test:vm` runs them in the oldest kernel if a
 * subject has changed since the whole matrix last ran well (whole-run.json); `npm run test:all`
 * always does.
 */
export const longTests: Readonly<Record<string, Subjects>> = {
  "test/kernel/check/pseudo-paths.test.ts": ["bpf/check/functions/"],
  "test/kernel/load/generations.test.ts": ["bpf/load/"],
  "test/kernel/load/records-lost.test.ts": ["bpf/load/", "bpf/compile/lower/records/"],
  "test/kernel/probes/followed-files.test.ts": ["bpf/foreign/", "daemon/run/"],
  "test/kernel/probes/tracepoint-arguments.test.ts": ["bpf/kernel/"],
  "test/kernel/rules/bash-audit-indirect.test.ts": ["rules.d/bash-audit.yaml"],
  "test/kernel/rules/bash-audit.test.ts": ["rules.d/bash-audit.yaml"],
  "test/kernel/rules/tcp-retransmits.test.ts": ["rules.d/tcp-retransmits.yaml"],
};

/**
 * Test files of single library rules. `test/kernel/library/library.test.ts` loads all rules in each
 * guest.
 */
const libraryRules: Readonly<Record<string, Subjects>> = {
  "test/kernel/library/block-spans.test.ts": ["rules.d/library/block/"],
  "test/kernel/library/block.test.ts": ["rules.d/library/block/"],
  "test/kernel/library/file-calls.test.ts": ["rules.d/library/files/"],
  "test/kernel/library/opens.test.ts": ["rules.d/library/files/", "rules.d/library/security/"],
  "test/kernel/library/processes.test.ts": ["rules.d/library/processes/"],
  "test/kernel/library/scheduling.test.ts": ["rules.d/library/cpu/"],
  "test/kernel/library/tcp-connections.test.ts": ["rules.d/library/network/"],
  "test/kernel/library/tcp-spans.test.ts": ["rules.d/library/network/"],
  "test/kernel/library/tcp-traffic.test.ts": ["rules.d/library/network/"],
  "test/kernel/library/tls-dns.test.ts": ["rules.d/library/network/"],
};

export const libraryRuleTests = Object.keys(libraryRules);

/**
 * Returns the long test files that need not run again.
 * @param changed paths of files that have changed since the whole matrix ran, themselves counted;
 * undefined if that is not known, as in a clone without history: then none of them runs
 */
export function unchangedTests(changed: readonly string[] | undefined): readonly string[] {
  const all = Object.entries({ ...longTests, ...libraryRules });
  const isChanged = (subjects: Subjects): boolean =>
    changed?.some((path) => subjects.some((subject) => path.startsWith(subject))) ?? false;
  return all.filter(([file, subjects]) => !isChanged([file, ...subjects])).map(([file]) => file);
}
