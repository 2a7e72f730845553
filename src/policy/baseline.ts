import type { Finding } from "../engine/finding.js";

/** One known finding. Only the fingerprint decides; the rest is for who reads the file or its diff. */
export interface BaselineEntry {
  readonly fingerprint: string;
  readonly rule: string;
  readonly file: string;
  readonly message: string;
}

/** The findings that a project has decided to live with for now. */
export interface Baseline {
  readonly version: 1;
  readonly findings: readonly BaselineEntry[];
}

/** All findings as entries, sorted by file, rule and fingerprint, so that a diff of two baselines is small. */
export function baselineOf(findings: readonly Finding[]): Baseline {
  const entries = findings.map(({ fingerprint, rule, at, message }) => ({
    fingerprint,
    rule,
    file: at.span.file.display,
    message,
  }));
  const key = ({ file, rule, fingerprint }: BaselineEntry): string => `${file}\0${rule}\0${fingerprint}`;
  return { version: 1, findings: entries.sort((a, b) => (key(a) < key(b) ? -1 : 1)) };
}

/** Reads what JSON made of a file; `null`: it is no baseline. */
export function readBaseline(document: unknown): Baseline | null {
  if (!isRecord(document) || document.version !== 1 || !Array.isArray(document.findings)) return null;
  const entries = document.findings.map(entryOf);
  const whole = entries.flatMap((one) => one ?? []);
  return whole.length === entries.length ? { version: 1, findings: whole } : null;
}

function entryOf(value: unknown): BaselineEntry | null {
  if (!isRecord(value)) return null;
  const { fingerprint, rule, file, message } = value;
  const texts = [fingerprint, rule, file, message];
  if (!texts.every((one) => typeof one === "string")) return null;
  const [a = "", b = "", c = "", d = ""] = texts;
  return { fingerprint: a, rule: b, file: c, message: d };
}

function isRecord(
  value: unknown,
): value is Readonly<Record<"version" | "findings" | keyof BaselineEntry, unknown>> {
  return typeof value === "object" && value !== null;
}

export interface Known {
  /** Those that the baseline does not have. */
  readonly findings: readonly Finding[];
  /** How many it has. */
  readonly suppressed: number;
  /** Entries that nothing was found for. */
  readonly stale: readonly BaselineEntry[];
}

/** Takes out what a baseline knows. */
export function withoutKnown(findings: readonly Finding[], baseline: Baseline): Known {
  // A fingerprint is only made when it is read.
  if (baseline.findings.length === 0) return { findings, suppressed: 0, stale: [] };
  const known = new Set(baseline.findings.map(({ fingerprint }) => fingerprint));
  const found = new Set(findings.map(({ fingerprint }) => fingerprint));
  const kept = findings.filter(({ fingerprint }) => !known.has(fingerprint));
  return {
    findings: kept,
    suppressed: findings.length - kept.length,
    stale: baseline.findings.filter(({ fingerprint }) => !found.has(fingerprint)),
  };
}
