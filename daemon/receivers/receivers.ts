import { alertmanager } from "./alertmanager/settings.ts";
import { discord } from "./discord/settings.ts";
import { email } from "./email/settings.ts";
import { exec } from "./exec/settings.ts";
import { googlechat } from "./googlechat/settings.ts";
import { grafanaOnCall } from "./grafana-oncall/settings.ts";
import { incidentio } from "./incidentio/settings.ts";
import { jira } from "./jira/settings.ts";
import { journal } from "./journal/settings.ts";
import { log } from "./log/settings.ts";
import { matrix } from "./matrix/settings.ts";
import { mattermost } from "./mattermost/settings.ts";
import { ntfy } from "./ntfy/settings.ts";
import { opsgenie } from "./opsgenie/settings.ts";
import { pagerduty } from "./pagerduty/settings.ts";
import { pushover } from "./pushover/settings.ts";
import { rocketchat } from "./rocketchat/settings.ts";
import { slack } from "./slack/settings.ts";
import { sns } from "./sns/settings.ts";
import { syslog } from "./syslog/settings.ts";
import { teams } from "./teams/settings.ts";
import { telegram } from "./telegram/settings.ts";
import { victorops } from "./victorops/settings.ts";
import { webex } from "./webex/settings.ts";
import { webhook } from "./webhook/settings.ts";
import type { Receiver } from "./receiver.ts";

/**
 * All receivers by their keys in an action, in the order of the pages. The folder of a receiver has
 * the name of its key, with "-" for "_".
 */
export const RECEIVERS = {
  webhook,
  slack,
  discord,
  teams,
  telegram,
  mattermost,
  rocketchat,
  googlechat,
  webex,
  matrix,
  email,
  alertmanager,
  pagerduty,
  opsgenie,
  incidentio,
  grafana_oncall: grafanaOnCall,
  victorops,
  jira,
  ntfy,
  pushover,
  sns,
  syslog,
  journal,
  log,
  exec,
} as const;

export type ReceiverKind = keyof typeof RECEIVERS;
/** The settings of one receiver. */
export type ReceiverSettings = ReturnType<(typeof RECEIVERS)[ReceiverKind]["read"]>;

/** The keys of all receivers. */
// Object.keys gives texts; these are the keys of the table by definition.
export const RECEIVER_KINDS = Object.keys(RECEIVERS) as readonly ReceiverKind[];

/**
 * Returns the receiver of a kind, for settings of its own kind. The table pairs each kind with its
 * settings, which the type system cannot follow through an index.
 */
export const receiverOf = ({ kind }: { readonly kind: ReceiverKind }): Receiver<ReceiverSettings> =>
  RECEIVERS[kind] as unknown as Receiver<ReceiverSettings>;
