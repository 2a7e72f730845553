/**
 * DATA: what the packages of distributions bring, where a Dockerfile installs them and leaves their files alone. Only
 * what decides about requests to PHP.
 *
 * Read on 2026-11-29 in
 * - Debian's php8.2-fpm 8.2.36-1~deb12u1 and php7.4-fpm 7.4.33 (etc/php/X.Y/fpm), which differ by the version alone; the
 *   packages of other versions from 7.0 on, of Ubuntu and of deb.sury.org, are taken to be the same;
 * - which version `php-fpm` brings in each release: wiki.debian.org/PHP and what the releases of Ubuntu announced;
 * - Alpine's community/php82/APKBUILD at 01304ea: PHP's own php-fpm.conf and php-fpm.d/www.conf, configured without
 *   another user than nobody, in /etc/php82. PHP 5 had the pool in php-fpm.conf.
 */
import { wordMap } from "../source/word-map.js";
import { stockPool } from "./images.js";

function onDebian(version: string): readonly (readonly [path: string, text: string])[] {
  const [directory, name] = [`/etc/php/${version}/fpm`, `php${version}-fpm`];
  const main = `[global]\npid = /run/php/${name}.pid\nerror_log = /var/log/${name}.log\ninclude=${directory}/pool.d/*.conf\n`;
  const listen = `listen = /run/php/${name}.sock\nlisten.owner = www-data\nlisten.group = www-data`;
  return [
    [`${directory}/php-fpm.conf`, main],
    [`${directory}/pool.d/www.conf`, stockPool("www-data", listen)],
  ];
}

function onAlpine(suffix: string): readonly (readonly [path: string, text: string])[] {
  const directory = `/etc/php${suffix}`;
  return [
    [`${directory}/php-fpm.conf`, `[global]\ninclude=${directory}/php-fpm.d/*.conf\n`],
    [`${directory}/php-fpm.d/www.conf`, stockPool("nobody", "listen = 127.0.0.1:9000")],
  ];
}

/** The PHP of `php-fpm` in each release, by its number and its name. */
const PHP_OF_RELEASE: ReadonlyMap<string, string> = wordMap({
  "debian 10": "7.3",
  "debian buster": "7.3",
  "debian 11": "7.4",
  "debian bullseye": "7.4",
  "debian 12": "8.2",
  "debian bookworm": "8.2",
  "debian 13": "8.4",
  "debian trixie": "8.4",
  "ubuntu 18.04": "7.2",
  "ubuntu bionic": "7.2",
  "ubuntu 20.04": "7.4",
  "ubuntu focal": "7.4",
  "ubuntu 22.04": "8.1",
  "ubuntu jammy": "8.1",
  "ubuntu 24.04": "8.3",
  "ubuntu noble": "8.3",
});

/** Words of commands that change what these packages bring, or may. */
const TOUCHES = /\/etc\/php|www\.conf|php-fpm\.(?:d|conf)\b|pool\.d|<</;

/** Whether a text of the shell may change who may use the pool, or what its files say. */
function touches(text: string): boolean {
  const joinsGroup = /\b(?:usermod|gpasswd|adduser|addgroup)\b/.test(text) && /www-data|nobody/.test(text);
  const opensSocket = /\bch(?:mod|own)\b/.test(text) && text.includes(".sock");
  return TOUCHES.test(text) || joinsGroup || opensSocket;
}

/**
 * Files of the packages with PHP-FPM that are installed. `repository` and `tag`: of the image that is built on.
 * `runs`: commands that are run there, of which one that touches such files leaves nothing known.
 */
export function packagedFiles(
  { repository, tag }: { readonly repository: string; readonly tag: string },
  installed: readonly string[],
  runs: readonly string[],
): ReadonlyMap<string, string> {
  const base = baseOf(repository, tag);
  if (base === null || installed.length === 0 || runs.some(touches)) return new Map();
  return new Map(
    installed.flatMap((name) => {
      if (base === "alpine") {
        const suffix = /^php([78]\d?)-fpm(?:[=~<>@].*)?$/.exec(name)?.[1];
        return suffix === undefined ? [] : onAlpine(suffix);
      }
      const [, written] = /^php([78]\.\d)?-fpm(?:[=/].*)?$/.exec(name) ?? [];
      const isAny = /^php-fpm(?:[=/]|$)/.test(name);
      const version = written ?? (isAny ? releaseOf(repository, tag) : undefined);
      return version === undefined ? [] : onDebian(version);
    }),
  );
}

/**
 * Whether the packages that are installed bring Debian's main file of nginx, and nothing touches it. Read in Debian's
 * nginx-common 1.22.1-9+deb12u11 (etc/nginx/nginx.conf), which sets no limits; other versions, and Ubuntu's, are taken to
 * be the same.
 */
export function hasDebianNginx(
  { repository, tag }: { readonly repository: string; readonly tag: string },
  installed: readonly string[],
  runs: readonly string[],
): boolean {
  const isDebian = repository !== "nginx" && baseOf(repository, tag) === "debian";
  const brings = installed.some((name) => /^nginx(?:-(?:light|core|full|extras))?(?:[=/]|$)/.test(name));
  return isDebian && brings && !runs.some((run) => /nginx\.conf|nginx\.org|ppa:|<</.test(run));
}

/** The distribution of an image without an application of its own; `null`: another image, or nothing tells. */
function baseOf(repository: string, tag: string): "alpine" | "debian" | null {
  if (repository === "alpine") return "alpine";
  if (repository === "debian" || repository === "ubuntu") return "debian";
  return repository === "nginx" ? (/(?:^|-)alpine/.test(tag) ? "alpine" : "debian") : null;
}

function releaseOf(repository: string, tag: string): string | undefined {
  const name = tag.replace(/-slim$/, "").replace(/-\d{8}(?:\.\d+)?$/, "");
  return PHP_OF_RELEASE.get(
    `${repository} ${repository === "debian" ? name.replace(/^(\d+)\.\d+$/, "$1") : name}`,
  );
}
