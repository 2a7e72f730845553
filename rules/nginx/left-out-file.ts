import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { helpOf, replace } from "../../src/help/edit.js";
import { renameFor } from "../../src/help/rename.js";
import { nameOf } from "../../src/host/path.js";
import type { Host } from "../../src/model/host.js";
import { type Half, leftOutFiles } from "../../src/model/nginx-left-out.js";
import { markdown } from "../../src/source/markdown.js";

type Case = "enabled" | "beside";

export const leftOutFile = defineRule({
  id: "nginx/left-out-file",
  about: "host",
  alike: true,
  cases: {
    enabled: {
      severity: "warning",
      symptom: { when: "always", status: 404, log: null },
      summary: "a site in sites-enabled whose name the include's pattern does not match",
    },
    beside: {
      severity: "info",
      symptom: { when: "always", status: 404, log: null },
      summary: "a site in another directory of sites whose name the include's pattern does not match",
    },
  },
  docs: {
    title: "a site that no include reads",
    fires: [
      markdown`
        \`sites-enabled\` has a file with a \`server\`, and the pattern of the \`include\` that reads this directory
        does not match its name: \`sites-enabled/shop\` and \`include sites-enabled/*.conf;\`
      `,
      markdown`
        likewise in another directory that an \`include\` with a wildcard reads, as \`conf.d\` (info, because
        not every file there is meant to be read)
      `,
    ],
    silent: [
      "another `include` reads the file",
      "the name is that of a copy or of what is switched off: `shop.conf.bak`, `shop.off`, `shop~`, `.shop`",
      "the main file is not in the tree, or a template fills in the pattern",
    ],
    what: "The package's own `sites-enabled/default` is only an info.",
    why: markdown`
      nginx reads what the pattern matches and says nothing of the rest. Requests for the site get to the default
      server of the port, which answers with another site, or with 404, and every change of the file is in vain.
      \`nginx -t\` is content.
    `,
    instead:
      "Give the file a name that the pattern matches (`shop.conf`), or write a pattern that matches all names.",
    references: ["https://nginx.org/en/docs/ngx_core_module.html#include"],
    twins: { bad: "bad-without-extension", ok: "ok-any-name" },
  },
  proof: { kind: "daemons", requests: [{ host: "shop.example.com" }] },
  reads: ["directory", "site"],
  asksDisk: true,
  *check(host) {
    for (const half of leftOutFiles(host)) yield report(host, half);
  },
});

function report(host: Host, half: Half): Draft<Case> {
  const { directory, files } = half;
  const [{ include, path }, ...others] = files;
  const name = nameOf(path);
  const enabled = nameOf(directory) === ENABLED && files.some((one) => nameOf(one.path) !== PACKAGED);
  const more =
    others.length === 0 ? "" : ` and ${others.length} other ${others.length === 1 ? "file" : "files"}`;
  return {
    case: enabled ? "enabled" : "beside",
    message: `nginx does not read ${name}${more} in ${directory}: include ${include.pattern} does not match ${others.length === 0 ? "it" : "them"}`,
    at: include.place,
    label: "matches other files of this directory",
    related: files.map(({ server, path: left }) => ({
      place: server,
      message: `${nameOf(left)} has a site`,
    })),
    effect:
      "requests for this site get to the default server of its port, or to nobody, and changes of the file do nothing",
    help: help(host, half),
    names: [directory, name],
  };
}

const ENABLED = "sites-enabled";

/** What packages put there. */
const PACKAGED = "default";

function help(host: Host, { files, unread }: Half): HelpDraft {
  const [{ include, path }] = files;
  const { pattern, place } = include;
  const whole = pattern.slice(0, pattern.lastIndexOf("/") + 1);
  const all = unread.length === files.length ? [replace(host, place, `include ${whole}*;`)] : null;
  const command = renameFor(pattern, path);
  return helpOf([all], command === null ? null : `${all === null ? "" : "or "}rename it: ${command}`);
}
