import { createHash } from "node:crypto";
import { cutVisible, visibleText } from "../../../bpf/source/visible.ts";
import { subjectText } from "../../notify/message/subject.ts";
import type { Delivery } from "../../notify/queue/delivery.ts";
import type { Labels } from "../../notify/stages/alert-labels.ts";
import { chartLine, type Details, type MailContent, mailContent, MAX_DESCRIBED, type Section } from "./mail-content.ts";
import { htmlMail } from "./mail-html.ts";
import type { Mail } from "./mail-transport.ts";

const MAX_SUBJECT = 200;

/**
 * Returns a mail without its recipients. Its message id is the delivery's: the same on every
 * attempt, and different from that of every other mail.
 *
 * @param checkpoints the newest signed checkpoints of sealed logs: anyone who keeps the mail is a
 *   witness
 */
export function mailOf(
  { id, content }: Pick<Delivery, "id" | "content">,
  from: string,
  settingsLabels: Labels,
  checkpoints: readonly string[] = [],
): Omit<Mail, "to"> {
  const domain = /@([A-Za-z0-9.-]+)>?$/.exec(from)?.[1] ?? "bpfwarden.invalid";
  const host = settingsLabels["instance"];
  const said = mailContent(content, settingsLabels);
  const parts = {
    subject: subjectLine(`${subjectText(said.subject)}${host === undefined ? "" : ` (${host})`}`),
    text: `${textMail(said)}${checkpoints.map(witnessText).join("")}`,
    ...htmlMail(said, { id, host: host === undefined ? undefined : visibleText(host) }),
  };
  const mail = { from, ...parts, messageId: `<${id}@${domain}>` };
  if (content.kind === "events") return { ...mail, references: [] };
  return { ...mail, ...threadOf(`${content.group.key} ${content.openedAtUnixMs}`, settingsLabels, domain) };
}

/**
 * Returns the lines about a sealed log. `-- ` begins what mail programs do not quote (RFC 3676
 * §4.3).
 */
const witnessText = (checkpoint: string): string =>
  `\n-- \nState of a sealed log (bpfwarden audit verify --witness THIS-MAIL):\n\n${checkpoint}`;

/** Returns the text, the most important lines first. */
function textMail({ lead, sections, notes, details, count, ...facts }: MailContent): string {
  const described = details.flatMap(describedLines);
  const trust = [
    ...(facts.confidence === undefined ? [] : [`Confidence: ${facts.confidence}`]),
    ...(facts.runbook === undefined ? [] : [`Runbook: ${facts.runbook}`]),
  ].join("; ");
  const head = [lead, trust, facts.silence && `Silence: ${facts.silence}`].filter((line) => line);
  const space = notes.length === 0 ? [] : [""];
  const lines =
    count === 1
      ? [...head, ...described.slice(1), ...notes]
      : [
          ...head,
          ...sections.flatMap((section, index) => sectionLines(section, head.length > 0 || index > 0)),
          ...[...space, ...notes, ""],
          ...(count > MAX_DESCRIBED ? [`The first ${MAX_DESCRIBED} of the ${count} alerts above:`, ""] : []),
          ...described,
        ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function sectionLines({ title, lines }: Section, isBelow: boolean): readonly string[] {
  return [...(isBelow ? [""] : []), ...(title === "" ? [] : [title]), ...lines];
}

/** Returns the lines of one alert, its lead first. */
function describedLines({ lead, prose, facts, chart }: Details): readonly string[] {
  return [lead, ...prose, "", ...facts, ...(chart === undefined ? [] : [chartLine(chart)]), ""];
}

/**
 * Returns the thread of a group of alerts, from its first alert until the group is empty. Each of
 * its mails answers one root. The root's id is made of the group and its start, so that nothing
 * must be remembered. The root itself is never sent: mail programs thread by the ids that mails
 * refer to, whether a mail with that id exists or not (RFC 5256, "REFERENCES").
 */
function threadOf(group: string, settingsLabels: Labels, domain: string): Pick<Mail, "inReplyTo" | "references"> {
  const root = `<${digest(`${JSON.stringify(settingsLabels)} ${group}`)}@${domain}>`;
  return { inReplyTo: root, references: [root] };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** Returns one line of visible characters: an alert may quote texts from anyone. */
function subjectLine(text: string): string {
  return cutVisible(visibleText(text.replace(/\s+/g, " ").trim()), MAX_SUBJECT);
}
