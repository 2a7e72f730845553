import type { Host } from "../../../src/model/host.js";
import { noAccount } from "../../../src/nginx/checks/main.js";
import type { Refusal } from "../../../src/nginx/checks/refusal.js";
import { argument } from "../../../src/nginx/tree/nodes.js";
import type { Node } from "../../../src/nginx/types.js";

/**
 * Refuses an account of `user` that the host does not have. nginx accepts names only, and without a
 * second argument it takes the group with the user's name. `null` also where accounts may come from
 * somewhere other than the two files.
 */
export function missingAccount(host: Host, node: Node): Refusal | null {
  const [user, group] = node.directive.args;
  if (!host.accounts.known || user === undefined || hasOtherSources(host)) return null;
  if (host.accounts.user(user.text)?.name !== user.text)
    return noAccount(user, "user", `is not in ${whose(host)} etc/passwd`);
  const name = argument(node, 1) ?? user.text;
  if (host.accounts.group(name)?.name === name) return null;
  const why =
    group === undefined
      ? `is not in ${whose(host)} etc/group, and without a group nginx takes the one with the user's name`
      : `is not in ${whose(host)} etc/group`;
  return { ...noAccount(group ?? user, "group", why), log: `getgrnam("${name}") failed` };
}

/** Where a container has none of its own, its image's count. */
function whose({ container }: Host): string {
  const image = container?.accounts == null ? null : container.image;
  return image === null ? "the host's" : `the image ${image}'s`;
}

function hasOtherSources({ fs }: Host): boolean {
  const entry = fs.entry("/etc/nsswitch.conf");
  const answer = entry.kind === "file" ? entry.read() : null;
  if (answer === null || !("text" in answer)) return false;
  const lines = answer.text.split("\n").filter((line) => /^(?:passwd|group):/.test(line));
  return lines.some((line) => /\b(?:ldap|sss|winbind|nis|db|extrausers|hesiod|compat)\b/.test(line));
}
