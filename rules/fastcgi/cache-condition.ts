import { type Draft, defineRule } from "../../src/engine/define.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { inWords } from "../../src/help/edit.js";
import type { Binding } from "../../src/model/host.js";
import { type Cached, cacheOf, condition } from "../../src/model/request/caching.js";
import { headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

type Name = "fastcgi_cache_bypass" | "fastcgi_no_cache";

interface Constant extends Cached {
  readonly name: Name;
  readonly holds: "always" | "never";
  readonly node: Node;
}

export const cacheCondition = defineRule({
  id: "fastcgi/cache-condition",
  about: "site",
  alike: true,
  cases: {
    always: {
      severity: "info",
      symptom: { when: "always", status: 200, log: null },
      summary: "fastcgi_cache_bypass or fastcgi_no_cache is always true, so the cache is of no use",
    },
    never: {
      severity: "info",
      symptom: { when: "always", status: 200, log: null },
      summary: "fastcgi_cache_bypass or fastcgi_no_cache is never true, so it keeps nothing out of the cache",
    },
  },
  docs: {
    title: "a condition of the cache that never changes",
    fires: [
      markdown`
        a PHP location has a \`fastcgi_cache\`, and a value of its \`fastcgi_cache_bypass\` or
        \`fastcgi_no_cache\` is always true
      `,
      "all values of such a line are always empty or 0",
    ],
    silent: [
      "a value comes from the request, or a `map` or an `if` may give it another one",
      "`fastcgi_cache` is off, or a part of the configuration was not read",
    ],
    why: markdown`
      nginx reads every value as true but the empty one and \`0\`. When \`fastcgi_cache_bypass\` is true it
      asks PHP although the page is stored, and when \`fastcgi_no_cache\` is true it does not store the
      answer. With a variable that is never set to anything else, the pages of clients who are logged in
      are stored for everybody.
    `,
    instead: markdown`
      Let a \`map\` or an \`if\` set the variable, such as
      \`map $http_cookie $skip { default 0; "~session" 1; }\`, and use it in both lines. Where nothing is to
      be stored, \`fastcgi_cache off;\`.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_cache_bypass",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_no_cache",
    ],
    twins: { bad: "bad-never", ok: "ok-cookie" },
  },
  proof: {
    kind: "daemons",
    requests: [{ host: "shop.example.com", path: "/index.php" }],
    observe: { always: "asked-each-time", never: "stored-with-a-cookie" },
  },
  find: constants,
  cause: ({ name, holds, node }) => `${name} ${holds} ${placeKey(headPlace(node))}`,
  report: (group) => report(group),
});

function* constants(binding: Binding): Generator<Constant> {
  const cached = cacheOf(binding);
  if (binding.serves !== "php" || cached === null) return;
  for (const name of ["fastcgi_cache_bypass", "fastcgi_no_cache"] as const) {
    const found = condition(binding.block, name);
    const [node] = found?.nodes ?? [];
    if (found !== null && node !== undefined && found.holds !== "open")
      yield { ...cached, name, holds: found.holds, node };
  }
}

function report([first, ...others]: readonly [Constant, ...Constant[]]): Draft<"always" | "never"> {
  const { binding, name, holds, node, cache } = first;
  const bypass = name === "fastcgi_cache_bypass";
  return {
    case: holds,
    message: `${headText(node)} is ${holds} true`,
    at: headPlace(node),
    label: `no request changes it`,
    related: [
      { place: headPlace(cache), message: `${binding.label} stores its pages here` },
      ...others.map((one) => ({
        place: headPlace(one.binding.pass),
        message: `${one.binding.label} has the same`,
      })),
    ],
    effect:
      holds === "never"
        ? "the line keeps no request out of the cache, so pages of one client may be shown to others"
        : bypass
          ? "every request goes to PHP, although its page is stored"
          : "no answer is ever stored, and every request goes to PHP",
    help: inWords(
      holds === "never"
        ? "let a map or an if set its variable for the requests that must not come from the cache, or remove the line"
        : "write a variable that only some requests have, or fastcgi_cache off where nothing is to be stored",
    ),
    names: [...namesOf(binding), name],
  };
}
