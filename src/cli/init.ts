import { lstatSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Finding, LintResult } from "../engine/finding.js";
import { displayName } from "../host/disk.js";
import { pathBytes } from "../host/door.js";
import { realPlace } from "../host/find/stated.js";
import { directoryOf, isWithin, joinPath } from "../host/path.js";
import { lintHosts } from "../lint.js";
import { allMasters } from "../model/host.js";
import { belowConfig, type ReadHost } from "../read-hosts.js";
import { count } from "../report/coverage.js";
import { stringify } from "../report/json.js";
import { escapeText } from "../report/terminal/escape.js";
import { grouped } from "../source/collect.js";
import { CONFIG_NAME, directoryFound } from "./config/find.js";
import { tell } from "./streams.js";
import { UsageError } from "./usage.js";
import type { World } from "./world.js";
import { alreadyThere, createFile } from "./write/create.js";

/** Hosts that are written down and named; the search finds the others as well. */
const MOST_HOSTS = 5;

/** Writes a commented `fpmlint.json` for the tree below a directory, after which every run says the same. Throws UsageError. */
export function init(paths: readonly string[], world: World): void {
  const [path = ".", second] = paths;
  if (second !== undefined) throw new UsageError(`give one directory at a time, not ${path} and ${second}`);
  const { workingDirectory } = world;
  const directory = resolve(workingDirectory, path);
  ensureDirectory(directory, path);
  const target = joinPath(directory, CONFIG_NAME);
  const shown = displayName(workingDirectory, target);
  if (lstatSync(pathBytes(target), { throwIfNoEntry: false }) !== undefined) throw alreadyThere(shown);
  const outcome = lintHosts(world.rules, world.validators, { paths: [path], workingDirectory });
  if (outcome.kind === "refused") throw new UsageError(outcome.refusal.message);
  const { hosts, result } = outcome;
  const above = directoryFound(directoryOf(directory), workingDirectory);
  createFile(target, shown, startOf(directory, hosts, result, workingDirectory));
  world.stdout.write(`${said(shown, hosts, result).map(escapeText).join("\n")}\n`);
  if (above !== null)
    tell(
      world,
      `${displayName(workingDirectory, joinPath(above, CONFIG_NAME))} no longer holds for ${path}: the nearest file does`,
    );
}

function ensureDirectory(directory: string, path: string): void {
  try {
    if (statSync(pathBytes(directory)).isDirectory()) return;
  } catch {
    throw new UsageError(`${path}: no such directory`);
  }
  throw new UsageError(`${path}: is no directory: name the one that ${CONFIG_NAME} is to hold for`);
}

function said(shown: string, hosts: readonly ReadHost[], { summary }: LintResult): readonly string[] {
  const named = hosts.slice(0, MOST_HOSTS).map(({ host, spec }) => {
    const halves = [spec.nginx !== null || spec.fragments.length > 0 ? "nginx" : [], fpmWords(host)].flat();
    return `  ${host.name === "." ? "this tree" : host.name}: ${halves.join(", ") || "no configuration that could be read"}`;
  });
  const more = hosts.length - named.length;
  const found = [
    [summary.errors, "error"],
    [summary.warnings, "warning"],
    [summary.infos, "info"],
  ] as const;
  return [
    `wrote ${shown}`,
    `found ${count(hosts.length, "host")}:`,
    ...named,
    ...(more > 0 ? [`  and ${more} more`] : []),
    `found ${found.map(([number, noun]) => count(number, noun)).join(", ")}; the rules are in the file, as comments`,
    ...(summary.incomplete.some(({ fatal }) => fatal)
      ? ["not everything could be read: fpmlint says what"]
      : []),
  ];
}

function fpmWords(host: ReadHost["host"]): readonly string[] {
  const versions = [
    ...new Set(allMasters(host).map(({ phpVersion }) => phpVersion ?? "of an unknown version")),
  ];
  return versions.map((version) => `PHP-FPM ${version}`);
}

/** The text: what is not a comment is what holds without the file. */
function startOf(
  directory: string,
  hosts: readonly ReadHost[],
  { findings }: LintResult,
  workingDirectory: string,
): string {
  const unknownPhp = hosts.some(({ host }) => allMasters(host).some(({ phpVersion }) => phpVersion === null));
  return [
    "// What holds for this tree when fpmlint checks it. docs/configuration.md explains every key.",
    "// Comments are allowed, and so is a comma after the last entry: remove the // before a line to use it.",
    "{",
    "  // For editors, where fpmlint is installed with npm.",
    '  // "$schema": "./node_modules/fpmlint/dist/fpmlint.schema.json",',
    "",
    '  // The lowest severity that makes fpmlint exit with 1: "error", "warning", "info" or "never".',
    '  "failOn": "warning",',
    "",
    "  // The memory of each host. Without it nothing is said of pools that need too much; on the live server it is known.",
    '  // "memory": "8G",',
    "",
    "  // The nginx that reads the files. Without it only what every version since 1.18.0 refuses is an error.",
    '  // "nginxVersion": "1.22.1",',
    "",
    unknownPhp
      ? "  // The version of PHP: the paths of this tree do not show it."
      : "  // The version of PHP where a path does not show it; those of this tree do.",
    '  // "phpVersion": "8.3",',
    "",
    ...hostLines(directory, hosts),
    "  // Files and directories whose findings are not reported.",
    '  // "ignore": ["vendor", "*.example.conf"],',
    "",
    ...overrideLines(directory, findings, workingDirectory),
    '  // Rules by id, or a category as in "buffer/*": "off", "on", "info", "warning" or "error".',
    '  "rules": {',
    ...ruleLines(findings),
    "  },",
    "}",
    "",
  ].join("\n");
}

function hostLines(directory: string, hosts: readonly ReadHost[]): readonly string[] {
  const top = realPlace(directory);
  const plain = hosts.filter(
    ({ spec }) => isWithin(top, spec.root) && spec.tree === undefined && spec.dumped !== true,
  );
  const full = plain.filter(({ spec }) => spec.nginx !== null || spec.fpm.length > 0).slice(0, MOST_HOSTS);
  if (full.length === 0) return [];
  const entries = full.map(({ spec, host }) => {
    const root = spec.root.slice(top === "/" ? 1 : top.length + 1) || ".";
    const inside = (path: string): string => quoted(path.replace(/^\//, ""));
    const fpm = spec.fpm.map(inside).join(", ");
    const nginx = spec.nginx === null ? "null" : inside(spec.nginx);
    return `  //   { "name": ${quoted(host.name)}, "root": ${quoted(root)}, "nginx": ${nginx}, "fpm": [${fpm}] },`;
  });
  return [
    "  // The hosts of this tree, if the search should be wrong about them. It finds:",
    '  // "hosts": [',
    ...entries,
    "  // ],",
    "",
  ];
}

function overrideLines(
  directory: string,
  findings: readonly Finding[],
  workingDirectory: string,
): readonly string[] {
  const below = belowConfig({ directory, files: [] }, workingDirectory);
  const [first] = findings.flatMap(({ rule, at }) => {
    const path = below(at.span.file.display)?.join("/") ?? null;
    return path === null || /[*?[\]{}\\!]/.test(path) ? [] : [{ rule, path }];
  });
  if (first === undefined) return [];
  return [
    "  // What holds for findings that are reported in some files; * and ** are wildcards.",
    '  // "overrides": [',
    `  //   { "files": [${quoted(first.path)}], "rules": { ${quoted(first.rule)}: "off" } },`,
    "  // ],",
    "",
  ];
}

/** The rules that find something, gravest first as they come. */
function ruleLines(findings: readonly Finding[]): readonly string[] {
  const byRule = grouped(findings.map((finding) => [finding.rule, finding] as const));
  if (byRule.size === 0) return [];
  const rows = [...byRule]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([rule, own]) => {
      const severities = [...new Set(own.map(({ severity }) => severity))].sort();
      return `    // ${quoted(rule)}: "off", // finds ${count(own.length, severities.length === 1 ? (severities[0] ?? "") : "fault")} now`;
    });
  return ["    // These find something now:", ...rows];
}

/** As JSON, in one line, with nothing in it that would drive a terminal. */
function quoted(text: string): string {
  return stringify(text).trimEnd();
}
