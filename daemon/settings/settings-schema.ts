import published from "../../schemas/settings.schema.json" with { type: "json" };
import { ACTION_SCHEMA } from "../receivers/action-schema.ts";

/**
 * The JSON Schema of the settings. Its actions come from the table of receivers. The file that
 * editors use has a copy of them, which a test holds equal.
 */
export const settingsSchema = { ...published, $defs: { ...published.$defs, action: ACTION_SCHEMA } };
