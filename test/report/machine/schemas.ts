/**
 * The parts of SARIF 2.1.0 that are written, as a schema that allows nothing else; the limits are those of
 * GitHub's code scanning.
 */

const strict = (properties: object, required: readonly string[] = Object.keys(properties)) => ({
  type: "object",
  additionalProperties: false,
  properties,
  required,
});

const words = { type: "string", minLength: 1 };
const number = { type: "integer", minimum: 1 };
const message = strict({ text: words });
const description = strict({ text: { ...words, maxLength: 1024 } });
const level = { enum: ["error", "warning", "note"] };

const artifact = {
  oneOf: [
    strict({ uri: { ...words, pattern: "^(?!/)(?!.*\\\\)(?!\\./)" }, uriBaseId: { const: "%SRCROOT%" } }),
    strict({ uri: { type: "string", pattern: "^file:///" } }),
  ],
};
const region = strict({ startLine: number, startColumn: number, endLine: number, endColumn: number });
const physical = strict({ artifactLocation: artifact, region });

const rule = strict({
  id: { ...words, maxLength: 255 },
  name: { ...words, maxLength: 255, pattern: "^[A-Za-z0-9]+$" },
  shortDescription: description,
  fullDescription: description,
  help: strict({ text: words, markdown: words }),
  defaultConfiguration: strict({ level }),
  properties: strict({
    tags: { type: "array", items: words, uniqueItems: true, maxItems: 20 },
    precision: { enum: ["very-high", "high", "medium", "low"] },
    "problem.severity": { enum: ["error", "warning", "recommendation"] },
  }),
});

const fix = strict({
  description: message,
  artifactChanges: {
    type: "array",
    minItems: 1,
    items: strict({
      artifactLocation: artifact,
      replacements: {
        type: "array",
        minItems: 1,
        items: strict({ deletedRegion: region, insertedContent: strict({ text: { type: "string" } }) }),
      },
    }),
  },
});

const result = strict(
  {
    ruleId: words,
    ruleIndex: { type: "integer", minimum: 0 },
    level,
    message,
    locations: { type: "array", minItems: 1, maxItems: 1, items: strict({ physicalLocation: physical }) },
    relatedLocations: {
      type: "array",
      minItems: 1,
      maxItems: 999,
      items: strict({ id: number, message, physicalLocation: physical }),
    },
    fixes: { type: "array", minItems: 1, items: fix },
    partialFingerprints: strict({ "fpmlint/v1": { type: "string", pattern: "^[0-9a-f]{2,}$" } }),
    properties: strict({ case: words, certain: { type: "boolean" }, host: words }),
  },
  ["ruleId", "level", "message", "locations", "partialFingerprints", "properties"],
);

const unread = strict({
  physicalLocation: strict({ artifactLocation: artifact, region: strict({ startLine: number }) }, [
    "artifactLocation",
  ]),
});

const notification = strict(
  { level, message, locations: { type: "array", minItems: 1, maxItems: 1, items: unread } },
  ["level", "message"],
);

export const sarifSchema = strict({
  $schema: { const: "https://json.schemastore.org/sarif-2.1.0.json" },
  version: { const: "2.1.0" },
  runs: {
    type: "array",
    minItems: 1,
    maxItems: 20,
    items: strict({
      tool: strict({
        driver: strict({
          name: { const: "fpmlint" },
          semanticVersion: words,
          rules: { type: "array", items: rule, maxItems: 25_000 },
        }),
      }),
      automationDetails: strict({ id: { type: "string", pattern: "/$" } }),
      columnKind: { const: "utf16CodeUnits" },
      invocations: {
        type: "array",
        minItems: 1,
        maxItems: 1,
        items: strict({
          executionSuccessful: { type: "boolean" },
          toolExecutionNotifications: { type: "array", items: notification },
        }),
      },
      results: { type: "array", items: result, maxItems: 25_000 },
    }),
  },
});

/** GitLab's report of code quality. */
export const gitlabSchema = {
  type: "array",
  items: strict({
    description: words,
    check_name: words,
    fingerprint: words,
    severity: { enum: ["info", "minor", "major", "critical", "blocker"] },
    location: strict({
      path: { type: "string", pattern: "^(?!\\./).+" },
      lines: strict({ begin: number, end: number }),
    }),
  }),
};
