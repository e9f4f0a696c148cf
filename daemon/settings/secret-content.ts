import { type Fault, urlFault } from "./values/host-fault.ts";
import { pemFaults } from "./values/pem.ts";
import { otherApi } from "./other-apis.ts";
import type { SecretPlace } from "./secret-places.ts";

/** The fault of a secret's content. */
export interface ContentFault extends Fault {
  readonly isDoubtful: boolean;
}

/**
 * Returns why a secret's content is unsuitable, without showing any of it, or undefined if no fault
 * is found.
 */
export function contentFault(
  { use, receiver }: Pick<SecretPlace, "use" | "receiver">,
  value: string,
  name: string,
): ContentFault | undefined {
  if (/[\0\uFFFD]/.test(value)) return bad(`expected UTF-8 text in ${name}, found other bytes`);
  if (use === "key") return keyFault(value, name);
  return use === "url" ? urlContentFault(receiver, value.trim(), name) : passwordFault(value, name);
}

function urlContentFault(receiver: SecretPlace["receiver"], value: string, name: string): ContentFault | undefined {
  if (value.includes("\n"))
    return bad(`expected one URL in ${name}, found several lines`, "store each URL in a separate secret");
  if (/^["'].*["']$/.test(value))
    return bad(`expected an http or https URL in ${name}, found one in quotes`, "remove the quotes");
  if (/\s/.test(value))
    return bad(
      `expected an http or https URL in ${name}, found a space in it`,
      "write %20 for a space that is part of it",
    );
  if (!/^https?:\/\//i.test(value)) return bad(`expected an http or https URL in ${name}, found another text`);
  const url = URL.parse(value);
  if (url === null || urlFault(value) !== undefined)
    return bad(`expected a URL that can be reached in ${name}, found one whose host or port cannot be`);
  if (!isEncoded(url.username) || !isEncoded(url.password))
    return bad(`expected percent-encoded UTF-8 before the @ of the URL in ${name}`, 'write "%" as %25');
  const api = receiver && otherApi(receiver, url);
  if (api === undefined) return undefined;
  return (api.isDoubtful === true ? doubtful : bad)(`${api.message}, in ${name}`, api.help);
}

function keyFault(key: string, name: string): ContentFault | undefined {
  const [fault] = pemFaults({ key });
  return fault && bad(`${fault.message}, in ${name}`, fault.help);
}

function passwordFault(value: string, name: string): ContentFault | undefined {
  if (/[\r\n]/.test(value)) {
    const help = "one line break at the end is ignored; others are part of the password";
    return doubtful(`expected a password of one line in ${name}, found several`, help);
  }
  if (value.trim() === value) return undefined;
  return doubtful(`${name} begins or ends with a space, which is part of the password`);
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function bad(message: string, help?: string): ContentFault {
  return { message, ...(help !== undefined && { help }), isDoubtful: false };
}

function doubtful(message: string, help?: string): ContentFault {
  return { ...bad(message, help), isDoubtful: true };
}
