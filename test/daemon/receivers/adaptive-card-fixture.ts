import assert from "node:assert/strict";
import { assertVisible } from "./chat-fixture.ts";

const RICH_TEXT = {
  type: "object",
  required: ["type", "inlines"],
  properties: {
    type: { const: "RichTextBlock" },
    inlines: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        required: ["type", "text"],
        properties: {
          type: { const: "TextRun" },
          text: { type: "string", minLength: 1 },
          weight: { enum: ["default", "lighter", "bolder"] },
          size: { enum: ["default", "small", "medium", "large", "extraLarge"] },
          fontType: { enum: ["default", "monospace"] },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
} as const;

/** The part of the schema of Adaptive Cards (https://adaptivecards.io/explorer) that our cards use. */
export function adaptiveCardSchema(version: string): object {
  return {
    type: "object",
    required: ["type", "version", "body"],
    properties: {
      type: { const: "AdaptiveCard" },
      $schema: { const: "http://adaptivecards.io/schemas/adaptive-card.json" },
      version: { const: version },
      fallbackText: { type: "string", pattern: "^[\\w .:?-]*$" },
      body: {
        type: "array",
        minItems: 1,
        items: {
          anyOf: [
            RICH_TEXT,
            {
              type: "object",
              required: ["type", "items"],
              properties: {
                type: { const: "Container" },
                style: { enum: ["default", "emphasis", "good", "attention", "warning", "accent"] },
                bleed: { const: true },
                items: { type: "array", items: RICH_TEXT },
              },
              additionalProperties: false,
            },
          ],
        },
      },
      actions: {
        type: "array",
        maxItems: 1,
        items: {
          type: "object",
          required: ["type", "title", "url"],
          properties: {
            type: { const: "Action.OpenUrl" },
            title: { const: "Runbook" },
            url: { type: "string", pattern: "^https://wiki\\.example\\.org/" },
          },
          additionalProperties: false,
        },
      },
    },
    additionalProperties: false,
  };
}

/** Holds that all texts of a card are runs, which no client interprets, and visible. */
export function assertInertCard(value: unknown): void {
  if (typeof value === "string") assertVisible(value);
  if (typeof value !== "object" || value === null) return;
  if ("type" in value) assert.ok(value.type !== "TextBlock" && value.type !== "FactSet");
  for (const each of Object.values(value)) assertInertCard(each);
}
