/** A URL that may be a secret, or a reference to one. */
export const URL_KEY = {
  title: "a URL, or credential:NAME, file:PATH or env:NAME",
  description: "The URL. If it is a secret, write the name of the secret instead.",
  type: "string",
  writeOnly: true,
  pattern: "^(https?://[^\\s/]+|(credential|file|env):.)",
} as const;

/** Returns a token or password, which the settings only name. */
export const secretKey = (description: string): object => ({ $ref: "#/$defs/secret", description });
