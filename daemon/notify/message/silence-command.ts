import { matcherText } from "../../matchers/matcher.ts";
import type { AlertEvent } from "../../evaluate/alerts/alert.ts";

/**
 * Characters of labels that may be in a command which people copy into a shell. Others write a
 * label, such as an attacker who names a process.
 */
const PLAIN = /^[\w .,:/@%+=-]*$/;

/**
 * Returns the command that silences an alert for two hours, for a shell. A label with other
 * characters than plain ones is left out; the command then silences more alerts of the rule.
 */
export function silenceCommand({ rule, labels }: Pick<AlertEvent, "rule" | "labels">): string {
  const plain = Object.entries({ alertname: rule, ...labels }).filter(([, value]) => PLAIN.test(value));
  const matchers = plain.map(([name, value]) => `'${matcherText({ name, operator: "=", value })}'`);
  return `bpfwarden silence add --for 2h ${matchers.join(" ")}`;
}
