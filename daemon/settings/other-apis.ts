import type { Fault } from "./host-fault.ts";

interface OtherApi {
  readonly name: string;
  readonly host?: RegExp;
  readonly path: RegExp;
  readonly help?: string;
}

/**
 * APIs that require another body and refuse that of webhooks. Alertmanager's API, which by its
 * OpenAPI document expects a list of alerts, can be at any host, and another receiver may have the
 * same path.
 */
const OTHER_APIS: readonly OtherApi[] = [
  {
    name: "Alertmanager's own API",
    path: /\/api\/v[12]\/alerts\/?$/,
    help: "bpfwarden has no receiver for it: use a receiver of Alertmanager's webhooks",
  },
  { name: "Slack's incoming webhooks", host: /^hooks\.slack(-gov)?\.com$/, path: /^\/(services|workflows|triggers)\// },
  { name: "PagerDuty's Events API", host: /^events(\.eu)?\.pagerduty\.com$/, path: /^\/(v2\/|generic\/)/ },
  { name: "Discord's webhooks", host: /^(\w+\.)?discord(app)?\.com$/, path: /^\/api\/(v\d+\/)?webhooks\// },
  { name: "Opsgenie's Alert API", host: /^api(\.eu)?\.opsgenie\.com$/, path: /^\/v2\/alerts\/?$/ },
  { name: "Microsoft Teams", host: /\.webhook\.office\.com$/, path: /^\/webhook(b2)?\// },
  { name: "Telegram's Bot API", host: /^api\.telegram\.org$/, path: /^\/bot/ },
];

/**
 * Returns the fault of a webhook's URL whose receiver expects another body, or undefined if none is
 * known.
 */
export function otherApi({ hostname, pathname }: URL): Fault | undefined {
  const api = OTHER_APIS.find(({ host, path }) => (host === undefined || host.test(hostname)) && path.test(pathname));
  if (api === undefined) return undefined;
  const isDoubtful = api.host === undefined;
  const message = `expected a receiver of Alertmanager's webhooks, found ${api.name}: it expects another body`;
  return {
    message,
    isDoubtful,
    help: api.help ?? "put a program between that translates, such as an Alertmanager with a webhook receiver",
  };
}
