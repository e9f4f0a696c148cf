import { spawnSync } from "node:child_process";

/** The one that has the packages of the system. */
const PYTHON = "/usr/bin/python3";

/** Runs a Python program with a value as JSON on its input, and returns what it prints as JSON. */
export function python(program: string, value: unknown): unknown {
  const { stdout, stderr, status, error } = spawnSync(PYTHON, ["-c", program], {
    input: JSON.stringify(value),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error !== undefined || status !== 0) throw error ?? new Error(stderr);
  return JSON.parse(stdout) as unknown;
}

/** Reads mails with the package email of Python: the types of their parts, and what is in them. */
const READ_MAILS = `
import email, email.policy, json, sys
def part(one):
    if one.is_multipart(): return [one.get_content_type(), [part(each) for each in one.iter_parts()]]
    content = one.get_content()
    return [one.get_content_type(), content if isinstance(content, str) else content.hex(), one["Content-ID"], one["Content-Disposition"]]
print(json.dumps([part(email.message_from_string(mail, policy=email.policy.default)) for mail in json.load(sys.stdin)]))
`;

/** A part of a mail: its type, then its parts, or its content, id and disposition. */
export type MailPart = readonly [
  type: string,
  content: string | readonly MailPart[],
  id?: string | null,
  disposition?: string | null,
];

export const readMails = (mails: readonly string[]): readonly MailPart[] =>
  python(READ_MAILS, mails) as readonly MailPart[];

/** Reads HTML with the package html of Python. */
const READ_HTML = `
import json, sys
from html.parser import HTMLParser
class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.texts, self.open, self.faults = [], [], [], []
    def handle_starttag(self, tag, attrs):
        self.tags.append([tag, dict(attrs)])
        if tag not in ("meta", "img", "wbr", "hr", "br"): self.open.append(tag)
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag: self.faults.append(tag)
    def handle_data(self, data): self.texts.append(data)
    def handle_comment(self, data): self.faults.append("comment")
    def unknown_decl(self, data): self.faults.append("declaration")
def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    return {"tags": reader.tags, "texts": reader.texts, "faults": reader.faults + reader.open}
print(json.dumps([read(html) for html in json.load(sys.stdin)]))
`;

export interface ReadHtml {
  readonly tags: readonly (readonly [name: string, attributes: Readonly<Record<string, string>>])[];
  /** between the tags */
  readonly texts: readonly string[];
  /** tags that are not closed, and the like */
  readonly faults: readonly string[];
}

export const readHtml = (pages: readonly string[]): readonly ReadHtml[] =>
  python(READ_HTML, pages) as readonly ReadHtml[];

/** Verifies signatures of mails with the package dkim of Python, with one record of the DNS. */
const VERIFY = `
import dkim, json, sys
told = json.load(sys.stdin)
def lookup(name, timeout=5): return told["record"].encode() if name.decode() == told["name"] else None
print(json.dumps([dkim.verify(mail.encode(), dnsfunc=lookup) for mail in told["mails"]]))
`;

export const verifyDkim = (mails: readonly string[], name: string, record: string): readonly boolean[] =>
  python(VERIFY, { mails, name, record }) as readonly boolean[];

const LACKING = spawnSync("dkimverify", ["--help"]).error !== undefined || spawnSync("pngcheck", ["-h"]).error;

/** The options of tests that need it. */
export const withPython = { skip: LACKING ? "python3-dkim or pngcheck is not there" : false };
