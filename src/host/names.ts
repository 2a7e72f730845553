import { deployedName } from "../source/template-names.js";
import { nameOf } from "./path.js";

/** What the names of files and directories tell, before anybody looks into them. */

/** Whether a file of this name may be configuration of nginx or PHP-FPM, so that its text is looked at. */
export function mayBeConfiguration(path: string): boolean {
  const deployed = deployedName(path);
  if (/\.(?:conf|vhost|nginx)$|\/sites-(?:available|enabled)\/[^/]+$/.test(deployed)) return true;
  // `vhost.j2`, `upstream.mustache`; not `index.html.j2`.
  return deployed !== path && !/\.[a-z]{1,8}$/i.test(nameOf(deployed));
}

/** Whether a file of this name may hold what `nginx -T` printed. */
export function mayBeDump(path: string): boolean {
  return /nginx[^/]*\.(?:txt|out|dump)$/i.test(path);
}

const DIRECTORY =
  /^(?:etc|nginx|openresty|php-fpm|php-fpm\.d|fpm|fpm\.d|pool\.d|conf\.d|sites-(?:available|enabled)|snippets|vhosts?(?:\.d)?)$/;

/** Whether a directory of this name may hold such files. `bin/nginx` is a program. */
export function mayHoldConfiguration(path: string): boolean {
  return DIRECTORY.test(nameOf(path)) && !/\/s?bin\/[^/]+$/.test(path);
}

/** Whether something in the path says nginx or PHP-FPM. */
export function namesDaemon(path: string): boolean {
  return /nginx|openresty|php|fpm|sites-(?:available|enabled)|pool\.d/i.test(path);
}
