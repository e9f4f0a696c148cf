import type { ServiceUrls } from "../receivers/receiver.ts";
import { RECEIVER_KINDS, type ReceiverKind, receiverOf } from "../receivers/receivers.ts";
import type { Fault } from "./values/host-fault.ts";

interface ServiceOf extends ServiceUrls {
  readonly kind: ReceiverKind;
}

/** The services, which expect another body than other receivers send. */
const SERVICES = RECEIVER_KINDS.flatMap((kind): readonly ServiceOf[] => {
  const { urls } = receiverOf({ kind });
  return urls === undefined ? [] : [{ ...urls, kind }];
});

/**
 * Returns the fault of a receiver's URL at which another service is, or undefined if none is known.
 */
export function otherApi(kind: ReceiverKind, url: URL): Fault | undefined {
  const { expects, urls } = receiverOf({ kind });
  const api = SERVICES.find((each) => isAt(each, url));
  if (api === undefined || (urls !== undefined && isAt(urls, url))) return undefined;
  return {
    message: `expected ${expects ?? `a URL for ${kind}`}, found ${api.name}: it expects another body`,
    isDoubtful: api.host === undefined,
    help: `write the receiver ${api.kind} instead`,
  };
}

function isAt({ host, path }: ServiceUrls, { hostname, pathname }: URL): boolean {
  return (host === undefined || host.test(hostname)) && path.test(pathname);
}
