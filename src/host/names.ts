import { deployedName } from "../source/template-names.js";
import { nameOf } from "./path.js";

/** What the names of files and directories tell, before anybody looks into them. */

/** Whether a file of this name may be configuration of nginx or PHP-FPM, so that its text is looked at. */
export function mayBeConfiguration(path: string): boolean {
  const deployed = deployedName(path);
  if (isOfBuilder(nameOf(path))) return false;
  if (/\.(?:conf|vhost|nginx|ngx)$|\/sites-(?:available|enabled)\/[^/]+$/.test(deployed)) return true;
  // `vhost.j2`, `upstream.mustache`; not `index.html.j2`.
  return deployed !== path && !/\.[a-z]{1,8}$/i.test(nameOf(deployed));
}

/** Endings of files that somebody is to copy, and of texts. */
const SAMPLE = /(?<=[^/.])[.-](?:sample|example|dist|default|txt)$/i;

/** The name that a sample is copied to (`site.conf.sample`, `www.conf-default`); `null`: it is none. */
export function sampledName(path: string): string | null {
  return SAMPLE.test(path) ? path.replace(SAMPLE, "") : null;
}

/**
 * Whether a file may be configuration under an unusual name, so that its beginning is looked at: samples, texts, what
 * is called `default`, and files without an ending, or with that of a site (`shop.local`), whose directory or name says
 * nginx or PHP-FPM. `within`: the name of the searched directory, which counts for what is near to its top.
 */
export function mayBeOddlyNamed(path: string, within = ""): boolean {
  const name = nameOf(path);
  if (isOfBuilder(name)) return false;
  if (SAMPLE.test(path)) return !FOR_PEOPLE.has(firstWord(name)) || /\.conf\b/.test(name);
  const dot = name.lastIndexOf(".");
  if (dot === 0 || (dot > 0 && !SITES.has(name.slice(dot + 1)))) return false;
  if (FOR_PEOPLE.has(name.toLowerCase()) || PROGRAMS.test(path)) return false;
  const directory = path.slice(0, -name.length);
  if (namesHalf(directory) || (dot === -1 && (/^default(?:[-_]|$)/.test(name) || namesHalf(name))))
    return true;
  return isForSites(within) && isNearTop(path);
}

/** At the top of the searched directory, or in a directory there. */
export function isNearTop(path: string): boolean {
  return path.split("/", 4).length < 4;
}

/** How the names of sites end that are files of configuration: `shop.local`, `www.shop.com`. */
const SITES = new Set(
  "local localhost localdomain lan internal dev test com net org info io eu de fr nl uk it es ru ch at be br jp".split(
    " ",
  ),
);

/** Whether a repository is for sites or pools, by its name. */
export function isForSites(name: string): boolean {
  return /nginx|openresty|vhost|php-?fpm/i.test(name);
}

/** What reads files of these names: they have pieces of configuration in them. */
const BUILDERS = new Set(
  "dockerfile containerfile makefile vagrantfile jenkinsfile rakefile gemfile berksfile procfile puppetfile caddyfile brewfile justfile earthfile capfile".split(
    " ",
  ),
);

/** Texts for people, which have them as well. */
const FOR_PEOPLE = new Set(
  "readme changelog changes install license licence notice authors contributing requirements".split(" "),
);

/** `Dockerfile`, `Dockerfile.nginx`, `Dockerfile-fpm`; not `dockerfile.conf`. */
function isOfBuilder(name: string): boolean {
  return BUILDERS.has(firstWord(name)) && !/\.(?:conf|vhost)(?:\.|$)/.test(name);
}

function firstWord(name: string): string {
  const end = name.search(/[._-]/);
  return (end === -1 ? name : name.slice(0, end)).toLowerCase();
}

const PROGRAMS = /(?:^|\/)s?bin\/[^/]+$|\/[A-Z]+$/;

function namesHalf(path: string): boolean {
  return /nginx|openresty|vhost|fpm|pool\.d/i.test(path);
}

/** Whether a shell script may write configuration of the daemons. */
export function mayBeInstaller(path: string): boolean {
  if (!/\.(?:sh|bash)$/i.test(path)) return false;
  const words = nameOf(path)
    .toLowerCase()
    .split(/[^a-z]+/);
  return /nginx|php|fpm|vhost|site/i.test(path) || words.some((word) => INSTALLS.has(word));
}

/** Words in the names of such scripts. */
const INSTALLS = new Set(
  "entrypoint install installer setup provision bootstrap deploy deployment configure init start docker web webserver server lemp lnmp lamp wordpress laravel".split(
    " ",
  ),
);

/** Whether the path says nginx, which is one sign of two. */
export function namesNginx(path: string): boolean {
  return /nginx|openresty|sites-(?:available|enabled)|vhosts?(?![a-z])|(?:^|\/)conf\.d\//i.test(path);
}

/** Whether the path says PHP-FPM, which is one sign of two. */
export function namesFpm(path: string): boolean {
  return /fpm|php|pool/i.test(path);
}

/** Whether a file of this name may hold what `nginx -T` printed. */
export function mayBeDump(path: string): boolean {
  return /nginx[^/]*\.(?:txt|out|dump)$/i.test(path);
}

/** Whether a file of this name may hold what `nginx -V` printed. */
export function mayTellVersion(path: string): boolean {
  if (!/nginx/i.test(path)) return false;
  const name = nameOf(path);
  return /nginx/i.test(name) && (/\.(?:txt|out|log)$/i.test(name) || /version|[-_.]V$/.test(name));
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

/** Endings of the many files of a repository that are neither half, whatever stands before them. */
const PLAIN = new Set(
  "php js mjs cjs ts tsx jsx css scss less html htm md rst json xml yml yaml png jpg jpeg gif svg ico webp woff woff2 ttf eot map lock py rb go rs java c h cpp hpp cs lua sql csv pdf zip gz phpt vue po mo neon stub snap pyc class o so".split(
    " ",
  ),
);

/** A first look at a name, for very many of them: `false` where no other question about it is answered with yes. */
export function mayMatter(path: string): boolean {
  const dot = path.lastIndexOf(".");
  return dot < path.lastIndexOf("/") || !PLAIN.has(path.slice(dot + 1)) || path.includes("/sites-");
}
