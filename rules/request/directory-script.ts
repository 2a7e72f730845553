import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { REFUSED } from "../../src/evidence/lost-script.js";
import { leadOf } from "../../src/evidence/meetings.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { type Passed, passedForVisitors, sentParam } from "../../src/evidence/scripts.js";
import { addBefore, helpOf } from "../../src/help/edit.js";
import type { Answer } from "../../src/model/answer/types.js";
import type { Binding, Host } from "../../src/model/host.js";
import { effectiveNode } from "../../src/nginx/tree/effective.js";
import { argument, headPlace } from "../../src/nginx/tree/nodes.js";
import { unique } from "../../src/source/collect.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

interface Directory {
  readonly binding: Binding;
  readonly asked: Passed;
  /** What is sent: `/var/www/html/`. */
  readonly script: string;
  /** With `cgi.fix_pathinfo = 0` PHP looks for no script in a path, and only sees that its end is not that of one. */
  readonly isRefused: boolean;
}

function reasonOf(answer: Answer): string | null {
  return answer.kind === "refused" ? answer.reason : null;
}

export const directoryScript = defineRule({
  id: "request/directory-script",
  about: "site",
  alike: true,
  cases: {
    index: {
      severity: "warning",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "a URL that ends in a slash is passed on as a directory, without fastcgi_index",
    },
  },
  docs: {
    title: "a directory is passed to PHP-FPM as the script",
    fires: [
      markdown`
        the location takes \`/\`, or another URL that ends in a slash, and passes it on with a
        SCRIPT_FILENAME that ends in that slash, because \`fastcgi_index\` is not set
      `,
    ],
    silent: [
      "`fastcgi_index` is set, or SCRIPT_FILENAME is a fixed script",
      "another location, an `index` or `try_files` takes such URLs",
    ],
    why: markdown`
      nginx's \`index\` only works where nginx itself looks for files. A location that passes everything on
      sends the URL as it is, and \`$fastcgi_script_name\` of \`/\` is \`/\`. PHP-FPM finds no script in a
      directory and answers 404 with the text \`File not found.\`, or, with \`cgi.fix_pathinfo = 0\`, 403 with
      the text \`Access denied.\`
    `,
    instead: "`fastcgi_index index.php;` in the location",
    references: ["https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_index"],
    twins: { bad: "bad-everything", ok: "ok-fastcgi-index" },
  },
  asksDisk: true,
  proof: { kind: "daemons", requests: [{ path: "/" }] },
  *find(binding, host): Generator<Directory> {
    const { server, location, block, pass } = binding;
    if (binding.serves !== "php" || server === null) return;
    if (effectiveNode(block, "fastcgi_index").kind !== "default") return;
    const [modifier = "", path = modifier] = location.directive.args.map(({ text }) => text);
    const target = modifier.startsWith("~") || modifier.startsWith("@") ? "/" : path;
    if (!target.endsWith("/")) return;
    const found = passedForVisitors(host, server, target);
    const [only] = found;
    if (only === undefined || found.length > 1 || only.outcome.pass !== pass || leadOf(only.way) !== null)
      return;
    const script = sentParam(only.outcome, "SCRIPT_FILENAME");
    if (script?.endsWith("/") !== true || only.answers.length === 0) return;
    const [reason, ...others] = unique(only.answers.map(({ answer }) => reasonOf(answer)));
    if (others.length === 0 && (reason === "no-script" || reason === "extension"))
      yield { binding, asked: only, script, isRefused: reason === "extension" };
  },
  cause: ({ binding }) => placeKey(headPlace(binding.pass)),
  report([first, ...others], host) {
    const { binding, script, asked, isRefused } = first;
    const status = isRefused ? "403 with the text Access denied." : "404 with the text File not found.";
    return {
      case: "index",
      message: `${binding.label} passes ${asked.target} on as the script ${script}, because fastcgi_index is not set`,
      at: headPlace(binding.pass),
      label: isRefused ? "PHP-FPM refuses a directory" : "PHP-FPM finds no script in a directory",
      related: others.map((one) => ({
        place: headPlace(one.binding.location),
        message: `also ${one.binding.label}`,
      })),
      effect: `${asked.target} ends as ${status}, and so does every other URL with a slash at the end`,
      ...(isRefused ? { instead: REFUSED } : {}),
      help: help(host, binding),
      names: namesOf(binding),
    };
  },
});

function help(host: Host, { pass, block }: Binding): HelpDraft {
  const index = effectiveNode(block, "index");
  const name = index.kind === "set" ? argument(index.node, 0) : undefined;
  const script = name !== undefined && /\.php$/.test(name) ? name : "index.php";
  return helpOf([[addBefore(host, headPlace(pass), `fastcgi_index ${script};`)]]);
}
