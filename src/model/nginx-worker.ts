import { argument, argumentPlace, childrenNamed, headPlace } from "../nginx/tree/nodes.js";
import type { Place } from "../source/file.js";
import type { Host } from "./host.js";

/** Who nginx's workers run as. */
export type NginxWorker =
  /** A `user` directive says so. `groups`: the group it gives or implies, then the user's supplementary groups. */
  | {
      readonly kind: "set";
      readonly user: string;
      readonly groups: readonly string[];
      /** Whether accounts of the host say so; `false`: the groups are a guess. */
      readonly certain: boolean;
      readonly place: Place;
    }
  /** No `user` directive: the account that was compiled in. `place`: where the directive would go. */
  | { readonly kind: "build-default"; readonly place: Place | null }
  /** Nothing is known: no main file, a placeholder, an account the host does not have. */
  | { readonly kind: "unknown" };

export function nginxWorker(host: Host): NginxWorker {
  const root = host.nginx?.root;
  if (root === undefined || host.nginx?.hasMain !== true) return { kind: "unknown" };
  // Without root nginx ignores the directive, and its workers run as whoever started it.
  if (host.container?.ownUser === true) return { kind: "unknown" };
  const nodes = childrenNamed(root, "user");
  const node = nodes[nodes.length - 1];
  if (node === undefined) {
    const first = root.children[0];
    return root.partial
      ? { kind: "unknown" }
      : { kind: "build-default", place: first === undefined ? null : headPlace(first) };
  }
  const name = argument(node, 0) ?? "";
  const user = host.accounts.user(name);
  if (user === null) return { kind: "unknown" };
  // Without a second argument nginx takes the group that is named like the user, not the user's primary group.
  const group = argument(node, 1) ?? name;
  if (host.accounts.group(group) === null && host.accounts.known) return { kind: "unknown" };
  // initgroups() adds the groups that list the user; the account's primary group is not among them by itself.
  const groups = [...new Set([group, ...host.accounts.supplementary(user)])];
  return {
    kind: "set",
    user: user.name,
    groups,
    certain: host.accounts.known,
    place: argumentPlace(node, 0),
  };
}
