import type { Fault } from "./host-fault.ts";

interface OtherApi {
  readonly name: string;
  readonly host?: RegExp;
  readonly path: RegExp;
  readonly help?: string;
}

/**
 * Addresses that take bodies of their own and refuse the one that webhooks get. Alertmanager's, which by its OpenAPI document takes a list of
 * alerts, is at any host, and so may be another receiver that has the same path.
 */
const OTHER_APIS: readonly OtherApi[] = [
  {
    name: "Alertmanager's own API",
    path: /\/api\/v[12]\/alerts\/?$/,
    help: "there is no receiver for it yet: what takes the webhooks of an Alertmanager takes those of bpfwarden",
  },
  { name: "Slack's incoming webhooks", host: /^hooks\.slack(-gov)?\.com$/, path: /^\/(services|workflows|triggers)\// },
  { name: "PagerDuty's Events API", host: /^events(\.eu)?\.pagerduty\.com$/, path: /^\/(v2\/|generic\/)/ },
  { name: "Discord's webhooks", host: /^(\w+\.)?discord(app)?\.com$/, path: /^\/api\/(v\d+\/)?webhooks\// },
  { name: "Opsgenie's Alert API", host: /^api(\.eu)?\.opsgenie\.com$/, path: /^\/v2\/alerts\/?$/ },
  { name: "Microsoft Teams", host: /\.webhook\.office\.com$/, path: /^\/webhook(b2)?\// },
  { name: "Telegram's Bot API", host: /^api\.telegram\.org$/, path: /^\/bot/ },
];

/** What is wrong with a webhook's URL at which somebody expects another body; undefined where that is not known. */
export function otherApi({ hostname, pathname }: URL): Fault | undefined {
  const api = OTHER_APIS.find(({ host, path }) => (host === undefined || host.test(hostname)) && path.test(pathname));
  if (api === undefined) return undefined;
  const isDoubtful = api.host === undefined;
  const message = `expected a receiver of Alertmanager's webhooks, found ${api.name}: it takes another body`;
  return {
    message,
    isDoubtful,
    help: api.help ?? "put something between that translates, such as an Alertmanager with a webhook receiver",
  };
}
