/**
 * Returns a text, such as a URL, without the slashes at its end. An expression such as `/\/+$/`
 * would take quadratic time for a text of many slashes.
 */
export function withoutEndSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === "/") end--;
  return text.slice(0, end);
}
