/**
 * The rooms of the house, from the ground up, and what each may import. A room is a folder below
 * `src/` or `rules`, or single files of one that are the ground floor for the rooms around them; the
 * longest name that fits a path is its room. A room may always import itself, except that no rule
 * imports another. The picture in src/README.md is made from this list.
 */
export interface Room {
  /** A folder, or a file without `.ts`, as a path from the top. */
  readonly name: string;
  /** Further files that belong to it, as paths without `.ts`. */
  readonly also?: readonly string[];
  /** One line for the map: what is in it. */
  readonly what: string;
  readonly mayImport: readonly string[];
}

const source = ["src/source"];
const host = [...source, "src/host"];
const php = ["src/php"];
const nginxGround = [...source, "src/nginx/types"];
const nginxTexts = [...nginxGround, "src/nginx/facts", "src/nginx/template", "src/nginx/syntax"];
const nginxTree = [...nginxTexts, ...host, "src/nginx/tree"];
const nginx = [...nginxTree, "src/nginx/location", "src/nginx/address", "src/nginx/checks"];
const fpmGround = [...source, ...php, "src/fpm/types"];
const fpm = [...host, ...fpmGround, "src/fpm/settings", "src/fpm/syntax", "src/fpm"];
const readers = [...nginx, ...fpm];
const modelGround = [...readers, "src/model/address", "src/model/machine", "src/model/host"];
const modelWay = [...modelGround, "src/model/request", "src/model/pass"];
const model = [...modelWay, "src/model/answer", "src/model", "src/model/listen"];
const engine = [...model, "src/capacity", "src/engine"];
const shared = [...engine, "src/evidence", "src/intent", "src/help"];
const live = [...model, "src/logs", "src/live"];
const sizing = [...engine, "src/evidence", "src/fpm/edit", "src/live", "src/sizing"];
const report = [...source, "src/engine", "src/capacity"];
const paper = [...report, "src/report/terminal"];

const cli = [
  ...paper,
  ...host,
  "src",
  "src/host/find",
  "src/nginx/facts",
  "src/fpm/types",
  "src/fpm/settings",
  "src/fpm/edit",
  "src/model/host",
  "src/sizing",
  "src/causes",
  "src/report",
  "src/report/explain",
  "src/report/machine",
  "src/fix",
  "src/policy",
  "src/report/capacity",
  "src/report/trace",
  "src/report/topology",
  "src/report/html",
  "src/topology",
  "src/report/diagnose",
  "src/logs",
  "src/diagnose",
  "src/live",
  "src/doctor",
  "src/report/doctor",
  "src/model/machine",
  "src/trace",
  "src/evidence",
  "src/nginx/types",
  "src/nginx/tree",
  "src/model/address",
  "src/model/request",
  "rules",
];

export const rooms: readonly Room[] = [
  { name: "src/source", what: "text and places; values set, default or unknown", mayImport: [] },
  { name: "src/host", what: "the only door to the outside; globs, dumps", mayImport: source },
  {
    name: "src/containers",
    what: "what compose files, Dockerfiles and manifests make",
    mayImport: [...host, "src/nginx/facts"],
  },
  {
    name: "src/host/find",
    what: "from a path on the command line to hosts",
    mayImport: [...host, "src/containers"],
  },
  { name: "src/php", what: "the grammar of php.ini and PHP-FPM; php.ini", mayImport: host },
  {
    name: "src/nginx/types",
    also: ["src/nginx/words"],
    what: "directives, and nginx's words",
    mayImport: source,
  },
  { name: "src/nginx/facts", what: "every directive, as data", mayImport: nginxGround },
  { name: "src/nginx/template", what: "placeholders become letters", mayImport: nginxGround },
  { name: "src/nginx/syntax", what: "one file: text to directives", mayImport: nginxTexts },
  { name: "src/nginx/tree", what: "includes opened; inheritance", mayImport: [...nginxTexts, ...host] },
  { name: "src/nginx/location", what: "which URI goes to which location", mayImport: nginxTree },
  { name: "src/nginx/address", what: "addresses as nginx reads them", mayImport: nginxTree },
  { name: "src/nginx/checks", what: "what nginx refuses", mayImport: nginxTree },
  { name: "src/fpm/types", what: "masters, pools, settings", mayImport: [...source, ...php] },
  { name: "src/fpm/settings", what: "every setting, as data; its values", mayImport: fpmGround },
  { name: "src/fpm/syntax", what: "one file, line by line", mayImport: fpmGround },
  { name: "src/fpm", what: "includes opened, sections merged into pools", mayImport: fpm },
  { name: "src/fpm/edit", what: "writes values into the texts", mayImport: fpm },
  { name: "src/model/address", what: "addresses that both halves mean", mayImport: readers },
  {
    name: "src/model/machine",
    what: "memory, processes, cores, units",
    mayImport: [...readers, "src/host/find"],
  },
  {
    name: "src/model/host",
    also: ["src/model/labels", "src/model/accounts", "src/model/container"],
    what: "what a host is: its halves, accounts, names",
    mayImport: [...readers, "src/model/address", "src/model/machine"],
  },
  { name: "src/model/request", what: "what a request meets on its way", mayImport: modelGround },
  {
    name: "src/model/pass",
    what: "the join: nginx's locations and FPM's pools",
    mayImport: [...modelGround, "src/model/request"],
  },
  { name: "src/model/answer", what: "what PHP-FPM answers to a request", mayImport: modelWay },
  { name: "src/model", what: "builds a host from its files", mayImport: modelWay },
  { name: "src/model/listen", what: "who listens where", mayImport: model },
  { name: "src/capacity", what: "arithmetic alone", mayImport: source },
  { name: "src/engine", what: "runs rules; knows no daemon", mayImport: engine },
  { name: "src/kinds", what: "rules that a few sites show to be silent", mayImport: engine },
  { name: "src/evidence", what: "what several rules say", mayImport: engine },
  { name: "src/intent", what: "which pool was meant", mayImport: [...engine, "src/evidence"] },
  { name: "src/help", what: "lines to paste", mayImport: [...engine, "src/evidence", "src/intent"] },
  { name: "src/sizing", what: "from a host to a plan", mayImport: sizing },
  {
    name: "src/trace",
    what: "one request to its end, and its limits",
    mayImport: [...engine, "src/evidence"],
  },
  {
    name: "src/topology",
    what: "who passes to whom, with limits and findings, as data",
    mayImport: [...engine, "src/evidence", "src/trace"],
  },
  {
    name: "src/causes",
    what: "log lines and what causes them",
    mayImport: [...source, "src/engine", "src/logs"],
  },
  { name: "src/policy", what: "which findings count", mayImport: engine },
  { name: "src/fix", what: "a help's edits, applied", mayImport: engine },
  { name: "src/logs", what: "streaming readers of logs", mayImport: host },
  { name: "src/live", what: "facts of the running machine", mayImport: live },
  {
    name: "src/diagnose",
    what: "logs × model: ranked causes",
    mayImport: [...shared, "src/causes", "src/logs", "src/live"],
  },
  { name: "src/doctor", what: "checks of the live host", mayImport: [...shared, "src/logs", "src/live"] },
  { name: "rules", what: "one rule a file, or a folder", mayImport: shared },
  { name: "src/report/terminal", what: "colour, width, escapes", mayImport: [...source, "src/engine"] },
  { name: "src/report/frame", what: "the code frame", mayImport: paper },
  { name: "src/report", what: "text, JSON, coverage", mayImport: [...paper, "src/report/frame"] },
  {
    name: "src/report/explain",
    what: "a rule's page, a symptom's page",
    mayImport: [...paper, "src/report", "src/causes"],
  },
  {
    name: "src/report/machine",
    what: "the formats of services",
    mayImport: [...paper, "src/report", "src/report/explain"],
  },
  { name: "src/report/capacity", what: "a plan as text", mayImport: [...paper, "src/report", "src/sizing"] },
  {
    name: "src/report/trace",
    what: "the way of a request as text",
    mayImport: [...paper, ...model, "src/evidence", "src/report", "src/trace"],
  },
  {
    name: "src/report/topology",
    what: "who passes to whom as text, JSON and diagrams",
    mayImport: [...paper, "src/report", "src/report/capacity", "src/topology"],
  },
  {
    name: "src/report/diagnose",
    what: "a log line, and causes, as text",
    mayImport: [
      ...paper,
      ...model,
      "src/report",
      "src/report/frame",
      "src/report/explain",
      "src/report/machine",
      "src/causes",
      "src/logs",
      "src/live",
      "src/diagnose",
    ],
  },
  {
    name: "src/report/doctor",
    what: "what a machine needs, as text, JSON and metrics",
    mayImport: [
      ...paper,
      ...model,
      "src/report",
      "src/report/frame",
      "src/report/machine",
      "src/live",
      "src/doctor",
    ],
  },
  {
    name: "src/report/html",
    what: "a host as a page",
    mayImport: [
      ...paper,
      "src/report",
      "src/report/frame",
      "src/report/capacity",
      "src/report/topology",
      "src/topology",
    ],
  },
  {
    name: "src",
    what: "paths to hosts and findings",
    mayImport: [...engine, "src/host/find", "src/kinds", "src/policy", "src/report", "rules"],
  },
  {
    name: "src/cli",
    what: "arguments, output, exit status",
    mayImport: cli,
  },
  {
    name: "src/library",
    what: "what programs call, with its arguments checked",
    mayImport: [...cli, "src/cli"],
  },
];
