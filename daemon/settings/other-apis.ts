import type { ServiceUrls } from "../receivers/receiver.ts";
import { RECEIVER_KINDS, type ReceiverKind, receiverOf } from "../receivers/receivers.ts";
import type { Fault } from "./values/host-fault.ts";

interface OtherApi extends ServiceUrls {
  readonly help?: string;
}

/**
 * Services without a receiver of their own. They expect another body than other receivers send. A
 * new receiver for one of them takes its line into `urls`.
 */
const OTHER_APIS: readonly OtherApi[] = [
  { name: "Slack's incoming webhooks", host: /^hooks\.slack(-gov)?\.com$/, path: /^\/(services|workflows|triggers)\// },
  { name: "Discord's webhooks", host: /^(\w+\.)?discord(app)?\.com$/, path: /^\/api\/(v\d+\/)?webhooks\// },
  { name: "Microsoft Teams", host: /\.webhook\.office\.com$/, path: /^\/webhook(b2)?\// },
  { name: "Telegram's Bot API", host: /^api\.telegram\.org$/, path: /^\/bot/ },
];

/** Services with a receiver of their own, by its kind. */
const OWN_APIS = RECEIVER_KINDS.flatMap((kind): readonly (OtherApi & { readonly kind: ReceiverKind })[] => {
  const { urls } = receiverOf({ kind });
  return urls === undefined ? [] : [{ ...urls, kind, help: `write the receiver ${kind} instead` }];
});

/**
 * Returns the fault of a receiver's URL at which another service is, or undefined if none is known.
 */
export function otherApi(kind: ReceiverKind, url: URL): Fault | undefined {
  const { expects, urls } = receiverOf({ kind });
  const api = [...OWN_APIS, ...OTHER_APIS].find((each) => isAt(each, url));
  if (api === undefined || (urls !== undefined && isAt(urls, url))) return undefined;
  return {
    message: `expected ${expects ?? `a URL for ${kind}`}, found ${api.name}: it expects another body`,
    isDoubtful: api.host === undefined,
    help: api.help ?? "put a program between that translates, such as an Alertmanager with a webhook receiver",
  };
}

function isAt({ host, path }: ServiceUrls, { hostname, pathname }: URL): boolean {
  return (host === undefined || host.test(hostname)) && path.test(pathname);
}
