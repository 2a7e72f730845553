import type { Rule, RuleCase, Seen } from "../engine/rule.js";
import { wordMap } from "../source/word-map.js";

/** What users see, as people ask about it: `502`, `blank page`. */
export interface SymptomTopic {
  /** Its name on the command line and in causes: `502`, `blank page`, `redirect loop`. */
  readonly name: string;
  /** For a headline: `502 Bad Gateway`. */
  readonly title: string;
}

const PHRASES: ReadonlyMap<string, string> = wordMap({
  "400": "Bad Request",
  "403": "Forbidden",
  "404": "Not Found",
  "405": "Not Allowed",
  "408": "Request Timeout",
  "413": "Request Entity Too Large",
  "499": "Client Closed Request",
  "500": "Internal Server Error",
  "502": "Bad Gateway",
  "503": "Service Temporarily Unavailable",
  "504": "Gateway Time-out",
});

/** What users see apart from the status, with the words that they search for. */
interface SeenTopic extends SymptomTopic {
  readonly name: Seen;
  /** Matches what was typed: lower case, single spaces, no hyphen, no full stop. */
  readonly words: RegExp;
  /** The part of a log line that always comes with it; `null`: none does. */
  readonly log: string | null;
}

const SEEN: readonly SeenTopic[] = [
  {
    name: "blank page",
    title: "a blank page",
    words: /^(?:blank|white|empty) ?(?:page|screen|response)?(?: of death)?$/,
    log: null,
  },
  {
    name: "downloads",
    title: "PHP source that is sent as text or as a download",
    words: /\b(?:download(?:s|ed|ing)?|source|as text)\b/,
    log: null,
  },
  {
    name: "redirect loop",
    title: "a redirect loop",
    words: /^(?:(?:err )?too many redirects|(?:endless |infinite )?redirect(?:s|ion)?(?: loops?)?)$/,
    log: null,
  },
  {
    name: "no input file specified",
    title: "“No input file specified.”",
    words: /^no input file(?: specified)?$/,
    log: "Unable to open primary script",
  },
  {
    name: "file not found",
    title: "“File not found.”",
    words: /^(?:file not found|primary script unknown)$/,
    log: "Primary script unknown",
  },
  {
    name: "access denied",
    title: "“Access denied.”",
    words: /^access (?:to the script )?(?:has been )?denied$/,
    log: "has been denied (see security.limit_extensions)",
  },
  {
    name: "permission denied",
    title: "“Permission denied” in a log",
    words: /^(?:\(?13: ?)?permission (?:was )?denied\)?$/,
    log: "13: Permission denied",
  },
];

/** What people call a status, apart from its phrase. */
const CALLED: ReadonlyMap<string, string> = wordMap({
  "gateway timeout": "504",
  "request entity too large": "413",
  "payload too large": "413",
  "content too large": "413",
  "client closed request": "499",
  "service unavailable": "503",
  "request header or cookie too large": "400",
});

/** Parts of log lines, as `plain` has them, and the topic that comes with each. */
const LOGGED: readonly (readonly [RegExp, string])[] = [
  [/\bprimary script unknown\b/, "file not found"],
  [/\bunable to open primary script\b/, "no input file specified"],
  [/\bsee security\.limit extensions\b/, "access denied"],
  [/\b(?:upstream|connection) timed out\b/, "504"],
  [/\bintended to send too large body\b/, "413"],
  [/\binternal redirection cycle\b|\bno port in upstream\b|\bauth request unexpected status\b/, "500"],
  [/\bsent (?:too long header line|too long uri|invalid host header|plain http request)\b/, "400"],
  [
    /\b(?:upstream sent (?:too big header|unsupported fastcgi)|connection (?:refused|reset by peer)|prematurely closed connection|no live upstreams|no resolver defined|while connecting to upstream)\b/,
    "502",
  ],
  [/\bnot (?:being )?(?:executed|executing|interpreted|parsed)\b/, "downloads"],
  [/\b13: permission denied\b/, "permission denied"],
  [/^page not found$/, "404"],
];

/**
 * The topic that words on the command line mean: `502`, `bad gateway`, `504 Gateway Time-out`, `blank
 * page`, `white screen`, `No input file specified.`, a line of nginx's log. `null`: they do not name a symptom. There may be no
 * known cause for a status.
 */
export function symptomTopic(words: string): SymptomTopic | null {
  const said = plain(words);
  const logged = said.includes(" ") ? LOGGED.find(([line]) => line.test(said))?.[1] : undefined;
  if (logged !== undefined) return topicNamed(logged);
  // The id of a rule, perhaps a misspelt one.
  if (words.includes("/")) return null;
  const seen = SEEN.find((one) => one.words.test(said));
  if (seen !== undefined) return { name: seen.name, title: seen.title };
  const status =
    /^(?:(?:http|error|status|code|nginx|php|fpm) )*([1-5]\d\d)(?: [a-z ]+)?$/.exec(said)?.[1] ??
    statusCalled(said);
  return status === null ? null : topicNamed(status);
}

function topicNamed(name: string): SymptomTopic {
  const seen = SEEN.find((one) => one.name === name);
  if (seen !== undefined) return { name: seen.name, title: seen.title };
  const phrase = PHRASES.get(name);
  return { name, title: phrase === undefined ? name : `${name} ${phrase}` };
}

/** Lower case, single spaces in place of hyphens, no full stop or quote at the ends. */
function plain(words: string): string {
  return words
    .toLowerCase()
    .replace(/[\s_-]+/g, " ")
    .replace(/^[\s"'\u201c]/, "")
    .replace(/[\s"'\u201d]$/, "")
    .replace(/\.$/, "");
}

/** The status with that phrase: `bad gateway`; `null`: there is none. */
function statusCalled(said: string): string | null {
  for (const [status, phrase] of PHRASES) if (plain(phrase) === said) return status;
  return CALLED.get(said) ?? null;
}

/** Whether users see that symptom in a case of a rule. */
export function showsAs({ symptom, seen }: RuleCase, topic: SymptomTopic): boolean {
  const special = SEEN.find(({ name }) => name === topic.name);
  if (special === undefined)
    return symptom !== null && symptom.status !== null && String(symptom.status) === topic.name;
  if (seen?.includes(special.name) === true) return true;
  return special.log !== null && symptom?.log?.includes(special.log) === true;
}

/**
 * The names of all symptoms that rules or `others` have a cause for: the statuses in order, then the rest.
 */
export function symptomNames(rules: readonly Rule[], others: readonly string[]): readonly string[] {
  const cases = rules.flatMap((rule) => Object.values(rule.cases));
  const statuses = cases.flatMap(({ symptom }) =>
    symptom === null || symptom.status === null || symptom.status === 200 ? [] : [String(symptom.status)],
  );
  const seen = SEEN.filter((topic) => cases.some((one) => showsAs(one, topic)));
  return [...new Set([...statuses, ...seen.map(({ name }) => name), ...others])].sort();
}
