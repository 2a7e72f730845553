import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { NOWHERE, waysTo } from "../../src/evidence/meetings.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { passed, scriptOf } from "../../src/evidence/scripts.js";
import { phpValue } from "../../src/fpm/pools.js";
import { addBefore, helpOf } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import { effectiveParams } from "../../src/model/request/fastcgi-params.js";
import { effectiveNode } from "../../src/nginx/tree/effective.js";
import { headPlace, headText } from "../../src/nginx/tree/nodes.js";
import { placeOf } from "../../src/source/effective.js";
import { type Place, placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

interface Lost {
  readonly binding: Binding;
  readonly case: "never-comes" | "refused";
  readonly uri: string;
  /** The setting or directive that shows what is meant. */
  readonly because: Place;
}

export const pathInfoLost = defineRule({
  id: "request/path-info-lost",
  about: "site",
  alike: true,
  cases: {
    "never-comes": {
      severity: "info",
      symptom: { when: "always", status: 404, log: null },
      summary: "a PHP location is ready for a path after the script, but no such URL gets there",
    },
    refused: {
      severity: "warning",
      symptom: {
        when: "always",
        status: 403,
        log: "has been denied (see security.limit_extensions)",
      },
      summary: "a path after the script is passed on as a part of its name, and PHP does not take it off",
    },
  },
  docs: {
    title: "a path after the script that gets lost",
    fires: [
      markdown`
        a PHP location has \`fastcgi_split_path_info\` and sends PATH_INFO, but its pattern ends in
        \`\\.php$\`, so that \`/index.php/news/1\` goes to another location and ends as 404 (info)
      `,
      markdown`
        a location takes \`/index.php/news/1\` without \`fastcgi_split_path_info\`, and
        \`cgi.fix_pathinfo\` is 0 in the pool that gets it (warning)
      `,
    ],
    silent: [
      "the other location falls back to a script, so that such URLs are answered",
      "`fastcgi_split_path_info` comes from an included snippet, which has it for every site",
      "it is not known what takes such a URL, or the setting is not known",
    ],
    why: markdown`
      nginx compares the whole path with the pattern of a location. With \`$\` after \`.php\` a URL that
      goes on after the script never matches. With \`cgi.fix_pathinfo = 0\` PHP takes SCRIPT_FILENAME as it
      is: \`/var/www/index.php/news/1\` has no allowed extension, and the answer is 403 with the text
      \`Access denied.\`
    `,
    instead: markdown`
      \`\`\`nginx
      location ~ \.php(?:$|/) {
          fastcgi_split_path_info ^(.+?\.php)(/.*)$;
      \`\`\`
    `,
    references: ["https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_split_path_info"],
    twins: { bad: "bad-refused", ok: "ok-split" },
  },
  asksDisk: true,
  proof: { kind: "daemons", requests: [{ path: "/index.php/news/1" }] },
  *find(binding, host): Generator<Lost> {
    if (binding.serves !== "php" || binding.server === null) return;
    yield* neverComes(binding, host);
    yield* refused(binding, host);
  },
  cause: ({ binding, case: name, because }) =>
    `${name} ${placeKey(headPlace(binding.location))} ${placeKey(because)}`,
  report([first, ...others], host) {
    const { binding, uri, because, case: name } = first;
    const never = name === "never-comes";
    const further: readonly RelatedReport[] = others.map((one) => ({
      place: headPlace(one.binding.location),
      message: `also ${one.binding.label}`,
    }));
    return {
      case: name,
      message: never
        ? `${binding.label} would pass on PATH_INFO, but ${uri} never gets there and ends as 404`
        : `${binding.label} passes ${uri} on without fastcgi_split_path_info, and with cgi.fix_pathinfo = 0 PHP looks for a script of that whole name`,
      at: headPlace(binding.location),
      label: never ? "does not match a path after the script" : "takes a path after the script",
      related: [
        { place: because, message: never ? "splits what never comes" : "PHP takes nothing off" },
        ...further,
      ],
      effect: never
        ? "URLs with a path after the script end as 404 Not Found"
        : "URLs with a path after the script end as 403 with the text Access denied.",
      help: help(host, first),
      names: namesOf(binding),
    };
  },
});

function* neverComes(binding: Binding, host: Host): Generator<Lost> {
  const { block, server } = binding;
  const split = effectiveNode(block, "fastcgi_split_path_info");
  const param = effectiveParams(block)?.params.get("PATH_INFO");
  if (split.kind !== "set" || param === undefined || server === null) return;
  // A snippet of the distribution has it for every site, whether or not one needs it.
  if (split.node.file !== binding.location.file) return;
  const script = scriptOf(host, binding);
  if (script === null || !script.target.endsWith(".php")) return;
  const ways = waysTo(host, server, `${script.target}/${NOWHERE}/1`, script.question);
  const lost = ways.every(({ outcome }) => outcome.kind === "status" && outcome.status === 404);
  if (
    ways.length > 0 &&
    lost &&
    !ways.some(({ steps }) => steps.some((one) => one.kind === "fastcgi" || isIn(one, binding)))
  )
    yield { binding, case: "never-comes", uri: `${script.target}/news/1`, because: headPlace(split.node) };
}

/** Whether a step stands in the location itself: another rule is about what ends the request there. */
function isIn(step: { readonly kind: string; readonly location?: unknown }, { location }: Binding): boolean {
  return step.kind === "location" && step.location === location;
}

function* refused(binding: Binding, host: Host): Generator<Lost> {
  const { block, server, pass, targets } = binding;
  if (server === null || effectiveNode(block, "fastcgi_split_path_info").kind !== "default") return;
  const [pool] = targets.flatMap((target) => target.pools);
  const fix = pool === undefined ? null : phpValue(pool, "cgi.fix_pathinfo");
  const place = fix?.kind === "set" ? placeOf(fix) : null;
  if (place === null) return;
  const script = scriptOf(host, binding);
  if (script === null || !script.target.endsWith(".php")) return;
  const found = passed(host, server, `${script.target}/${NOWHERE}/1`, script.question);
  if (found.length === 0 || !found.every(({ outcome }) => outcome.pass === pass)) return;
  const answers = found.flatMap((one) => one.answers);
  if (
    answers.length > 0 &&
    answers.every(({ answer }) => answer.kind === "refused" && answer.reason === "extension")
  )
    yield { binding, case: "refused", uri: `${script.target}/news/1`, because: place };
}

function help(host: Host, { binding, case: name }: Lost): HelpDraft {
  const { pass, location } = binding;
  if (name === "never-comes")
    return helpOf(
      [],
      `let the pattern take the path as well, as in location ~ \\.php(?:$|/), instead of ${headText(location)}`,
    );
  return helpOf([
    [
      addBefore(
        host,
        headPlace(pass),
        "fastcgi_split_path_info ^(.+?\\.php)(/.*)$;",
        "fastcgi_param PATH_INFO $fastcgi_path_info;",
      ),
    ],
  ]);
}
