import { HTTP_LIMITS } from "./http-settings.ts";

/**
 * The limits of a receiver that gets one request for each alert. It gets changes only: what fires
 * on is open there already.
 */
export const INCIDENT_LIMITS = { ...HTTP_LIMITS, maxAlerts: 20, maxKnown: 0, maxEvents: 50 } as const;
