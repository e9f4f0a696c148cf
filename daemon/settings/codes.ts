/** What can be wrong with the settings beyond YAML and the form of their values. */
export const SETTINGS_CODES = {
  "inline-secret": "A password is written in the settings, where it should be named.",
  "missing-secret": "A secret that the settings name is not there, is empty or cannot be read.",
  "bad-secret": "What a secret holds can never be what it is for.",
  "doubtful-secret":
    "What a secret holds looks as if it were for something else, or had something in it that does not belong to it.",
  "exposed-secret": "A file with a secret can be read or replaced by others than root.",
  "exposed-settings": "The settings can be read by others than root, and hold a secret.",
  "exposed-password": "A password would go to a mail server without TLS, or without a check of whose server it is.",
  "no-such-action": "The default action is not one of the actions.",
  "unused-action": "No rule, no route and no default names an action: nothing goes there.",
  "bad-receiver": "A receiver can never be reached, or takes another body: its host, its port, its URL or its address.",
  "unknown-host": "The name of a receiver's host cannot be looked up now.",
  "out-of-range": "A duration or size is of the right form, but too small or too large.",
  "unknown-day": "A mute window names a day that there is not.",
  "unknown-zone": "A mute window names a time zone that there is not.",
} as const;

export type SettingsCode = keyof typeof SETTINGS_CODES;
