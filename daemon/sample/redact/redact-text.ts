import { type Word, wordsOf } from "./command-words.ts";
import { type Part, takesSecrets, TEXT_FORMS, WORD_FORMS } from "./secret-forms.ts";

/** Texts without any of these hold no secret of a known form: most texts are not looked at further. */
const HINT =
  /pass|pwd|secret|token|key|credential|auth|bearer|basic|:\/\/|-[auwpUkK]|A[KS]IA|gh[a-z]_|github_pat|glpat|xox|_live_|eyJ|sudo/i;

/**
 * Returns a text whose secrets are replaced, or the same text if it has none of a known form.
 * @param mark returns the text that stands for a secret
 */
export function redactText(text: string, mark: (secret: string) => string): string {
  if (!HINT.test(text)) return text;
  const parts = withoutOverlaps([...partsOfWords(wordsOf(text)), ...partsOfText(text)]);
  let shown = "";
  let at = 0;
  for (const { from, to } of parts) {
    shown += text.slice(at, from) + mark(text.slice(from, to));
    at = to;
  }
  return shown + text.slice(at);
}

/**
 * Returns the words of a program's arguments with their secrets replaced. Each argument is one
 * word.
 */
export function redactArguments(words: readonly string[], mark: (secret: string) => string): readonly string[] {
  let from = 0;
  const placed = words.map((text, index): Word => {
    const word = { text, from, to: from + text.length, isFirst: index === 0 };
    from += text.length + 1;
    return word;
  });
  const parts = partsOfWords(placed);
  return placed.map((word) => {
    const part = parts.find((each) => each.from >= word.from && each.to <= word.to);
    if (part === undefined) return redactText(word.text, mark);
    const [start, end] = [part.from - word.from, part.to - word.from];
    return word.text.slice(0, start) + mark(word.text.slice(start, end)) + word.text.slice(end);
  });
}

/** @param isNested true for words within one word in quotes; their own quotes are not opened */
function partsOfWords(words: readonly Word[], isNested = false): readonly Part[] {
  const parts: Part[] = [];
  let command = "";
  let before: Word | undefined;
  for (const word of words) {
    const name = nameOf(word.text);
    if (word.isFirst || isPrefix(command)) [command, before] = [name, undefined];
    // "sudo -u alice mysql", "docker exec db mysql": the command that counts comes later.
    else if (isLogin(command, name) || (takesSecrets(name) && !takesSecrets(command)))
      [command, before] = [name, undefined];
    const context = { command, ...(before !== undefined && { word: before }) };
    const part = firstOf(WORD_FORMS, (form) => form.secretIn(word, context));
    if (part !== undefined) parts.push(unquoted(part, word));
    else if (!isNested) parts.push(...partsOfWords(wordsWithin(word), true));
    before = word;
  }
  return parts;
}

/** Commands that run the command that follows, and assignments before a command. */
const isPrefix = (command: string): boolean =>
  /^(?:sudo|doas|env|nohup|time|exec|nice|command|[A-Za-z_][A-Za-z0-9_]*=.*)$/s.test(command);

/** Returns true for `docker login` and `podman login`: only this subcommand has a secret. */
const isLogin = (command: string, name: string): boolean =>
  (command === "docker" || command === "podman") && name === "login";

/** Returns the name of a program without its folder. */
const nameOf = (word: string): string => word.slice(word.lastIndexOf("/") + 1).replaceAll(/["']/g, "");

/** Returns the words of a word in quotes, such as the command of `sh -c "mysql -pSECRET"`. */
function wordsWithin({ text, from }: Word): readonly Word[] {
  if (!/^["'].*\s/s.test(text)) return [];
  const place = from + 1;
  const inner = text.endsWith(text[0] ?? "") ? text.slice(1, -1) : text.slice(1);
  return wordsOf(inner).map((word) => ({ ...word, from: word.from + place, to: word.to + place }));
}

/** Leaves the quotes around a secret, or around its word, in the text. */
function unquoted({ from, to }: Part, word: Word): Part {
  const quote = /^["']/.exec(word.text)?.[0];
  if (quote !== undefined && from > word.from && to === word.to && word.text.endsWith(quote))
    return { from, to: Math.max(to - 1, from) };
  const text = word.text.slice(from - word.from, to - word.from);
  const isQuoted = text.length > 2 && /^["']/.test(text) && text.endsWith(text[0] ?? "");
  return isQuoted ? { from: from + 1, to: to - 1 } : { from, to };
}

function partsOfText(text: string): readonly Part[] {
  return TEXT_FORMS.flatMap(({ pattern }) =>
    [...text.matchAll(pattern)].flatMap(({ indices }) => {
      const [from, to] = indices?.groups?.["secret"] ?? [];
      return from === undefined || to === undefined ? [] : [{ from, to }];
    }),
  );
}

/** Joins parts that overlap, in the order of the text. */
function withoutOverlaps(parts: readonly Part[]): readonly Part[] {
  const joined: Part[] = [];
  for (const part of parts.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last === undefined || part.from >= last.to) joined.push(part);
    else joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, part.to) };
  }
  return joined;
}

function firstOf<Item, Result>(items: readonly Item[], find: (item: Item) => Result | undefined): Result | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
