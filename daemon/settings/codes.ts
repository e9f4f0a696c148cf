/** What can be wrong with the settings beyond YAML and the form of their values. */
export const SETTINGS_CODES = {
  "inline-secret": "A password is written in the settings, where it should be named.",
  "exposed-password": "A password would go to a mail server without TLS, or without a check of whose server it is.",
  "no-such-action": "The default action is not one of the actions.",
  "out-of-range": "A duration or size is of the right form, but too small or too large.",
  "unknown-day": "A mute window names a day that there is not.",
  "unknown-zone": "A mute window names a time zone that there is not.",
} as const;

export type SettingsCode = keyof typeof SETTINGS_CODES;
