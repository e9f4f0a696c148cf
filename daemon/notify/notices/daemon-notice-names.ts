/**
 * The names of the daemon's notices. The labels of a notice say what it is about, such as `file`,
 * `rule` or `action`.
 */
export const DAEMON_NOTICES = [
  "BpfwardenDeliveryFailing",
  "BpfwardenRuleFileBroken",
  "BpfwardenRuleNotRunning",
  "BpfwardenSettingsBroken",
  "BpfwardenStateReplaced",
  "BpfwardenStateUnwritable",
] as const;

export type DaemonNoticeName = (typeof DAEMON_NOTICES)[number];

/** True if an alert of this name is raised by the daemon about itself. */
export function isDaemonNotice(name: string): name is DaemonNoticeName {
  return (DAEMON_NOTICES as readonly string[]).includes(name);
}
