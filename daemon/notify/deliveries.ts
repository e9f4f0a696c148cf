import { RECEIVER_KINDS, type ReceiverKind, type ReceiverSettings } from "../receivers/receivers.ts";
import type { ReceiverDelivery } from "./deliver/receiver-delivery.ts";

/**
 * Returns `receiverDelivery` of the `delivery.ts` in a receiver's folder. The table of receivers
 * cannot import it: the settings, which need the table, are read before messages exist.
 */
async function deliveryIn(kind: ReceiverKind): Promise<ReceiverDelivery<ReceiverSettings>> {
  const module = (await import(`../receivers/${folderOf(kind)}/delivery.ts`)) as {
    readonly receiverDelivery: ReceiverDelivery<ReceiverSettings>;
  };
  return module.receiverDelivery;
}

/** Returns the name of a receiver's folder. */
export const folderOf = (kind: ReceiverKind): string => kind.replaceAll("_", "-");

const found = await Promise.all(RECEIVER_KINDS.map(async (kind) => [kind, await deliveryIn(kind)] as const));

/** The deliveries of all receivers. */
export const DELIVERIES: ReadonlyMap<ReceiverKind, ReceiverDelivery<ReceiverSettings>> = new Map(found);
