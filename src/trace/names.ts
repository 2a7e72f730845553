import { withoutEnd } from "../source/ends.js";

/** The last name of a path and its extension: `php` of `/srv/a.php`, empty where it has none. */
export function nameOf(path: string): { readonly name: string; readonly extension: string } {
  const whole = withoutEnd(path, "/");
  const name = whole.slice(whole.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return { name, extension: dot > 0 && dot < name.length - 1 ? name.slice(dot + 1) : "" };
}
