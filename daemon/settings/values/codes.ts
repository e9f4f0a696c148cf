/** The errors in the settings beyond YAML and the form of values. */
export const SETTINGS_CODES = {
  "inline-secret": "The settings contain a password instead of a reference to it.",
  "missing-secret": "A secret that the settings name is missing, empty or unreadable.",
  "bad-secret": "The content of a secret is unsuitable for its use.",
  "doubtful-secret": "The content of a secret looks like something else, or has extra characters.",
  "missing-certificate": "A file with certificates that the settings name is missing, empty or unreadable.",
  "bad-certificate": "A file has no certificate, or the key is that of another one.",
  "missing-variable": "A label names an environment variable that is not set.",
  "exposed-secret": "Users other than root can read or replace a file with a secret.",
  "exposed-settings": "Users other than root can read the settings, which contain a secret.",
  "exposed-password": "A password would be sent without TLS, or to a server whose certificate is not checked.",
  "no-such-action": "A route or a default names an action that does not exist.",
  "unused-action": "No rule, route or default names an action, so nothing is sent to it.",
  "bad-receiver": "A receiver can never be reached, or expects another body: see its host, port, URL or address.",
  "bad-listen": "The address of the HTTP server, or a name in its hosts, has the wrong form.",
  "unknown-host": "The name of a receiver's host cannot be looked up now.",
  "out-of-range": "A duration or size has the right form, but is too small or too large.",
  "unknown-day": "A mute window names a day that does not exist.",
  "unknown-zone": "A mute window names a time zone that does not exist.",
} as const;

export type SettingsCode = keyof typeof SETTINGS_CODES;
