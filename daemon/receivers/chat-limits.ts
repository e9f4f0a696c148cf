import { HTTP_LIMITS } from "./http-settings.ts";

/**
 * The limits of receivers that show people a message. A large group is one message, which shows its
 * worst alerts and counts the others.
 */
export const CHAT_LIMITS = { ...HTTP_LIMITS, maxAlerts: 2000, maxKnown: 100, maxEvents: 50 };
