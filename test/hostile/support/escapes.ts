import { DEBIAN } from "../../support/tree.js";

/** Ways out of a tree. In paths and texts `@` is a directory outside, with a file `secret`. */
export interface Escape {
  /** Files besides those of a host of Debian, or instead of them. */
  readonly files?: Readonly<Record<string, string>>;
  /** Targets of links, by the path of the link. */
  readonly links?: Readonly<Record<string, string>>;
  /** What is not read must make the exit status 3. Else a finding tells it, or nothing can be hidden there. */
  readonly said: boolean;
}

/** More levels than any tree of a test has. */
const UP = "../../../../../../../../../..";

const nginx = (line: string): Escape => ({
  files: { "etc/nginx/nginx.conf": `events {}\nhttp {\n  ${line}\n}\n` },
  said: false,
});
const fpm = (line: string): Escape => ({
  files: { "etc/php/8.2/fpm/php-fpm.conf": `[global]\n${line}\n` },
  said: false,
});
const unit = (path: string): Escape => ({
  files: {
    "etc/systemd/system/x.service": `[Service]\nExecStart=/x/php-fpm --fpm-config ${path}\n`,
  },
  said: false,
});
const linked = (path: string, target: string, base: Escape = { said: false }): Escape => ({
  ...base,
  links: { [path]: target },
  said: true,
});
const unsaid = (path: string, target: string): Escape => ({ links: { [path]: target }, said: false });

const compose = (line: string, said: boolean): Escape => ({
  files: { "deploy/compose.yml": `services:\n  nginx:\n    image: nginx:1.27\n    ${line}\n` },
  said,
});

const SITE = "etc/nginx/sites-enabled/b";
const POOL = "etc/php/8.2/fpm/pool.d/b.conf";

export const ESCAPES: Readonly<Record<string, Escape>> = {
  "an include of a file of the machine": nginx("include /etc/shadow;"),
  "an include that climbs": nginx(`include ${UP}@/secret;`),
  "an include that climbs from the root": nginx(`include /${UP}@/secret;`),
  "an include of a directory of the machine": nginx("include @/*;"),
  // A copy of a host has no /proc.
  "an include of /proc": { ...nginx("include /proc/self/environ;"), said: true },
  "a glob that climbs": nginx(`include ${UP}/*/passwd; include ${UP}@/*;`),
  "a link to a file": linked(SITE, "@/secret"),
  "a link that climbs": linked(SITE, `${UP}@/secret`),
  "a link to /proc": linked(SITE, "/proc/self/root/etc/shadow"),
  "a link to a device": linked(SITE, "/dev/zero"),
  "a link to a link": {
    links: { [SITE]: "c", "etc/nginx/sites-enabled/c": `${UP}@/secret` },
    said: true,
  },
  "a chain of includes": linked("etc/nginx/in.conf", "@/secret", nginx("include /etc/nginx/in.conf;")),
  "a link to a directory": linked("etc/nginx/more", "@", nginx("include /etc/nginx/more/*;")),
  "a link on the way": linked("etc/nginx/more", `${UP}@`, nginx("include /etc/nginx/more/secret;")),
  "links that lead back": {
    links: { "etc/nginx/sites-enabled/dot": ".", "etc/nginx/sites-enabled/loop": "loop" },
    said: false,
  },
  "nginx's main file": linked("etc/nginx/nginx.conf", "@/secret"),
  "nginx's directory": linked("web/etc/nginx", "@"),
  "PHP-FPM's main file": linked("etc/php/8.2/fpm/php-fpm.conf", "@/secret"),
  "the main file that a unit names": linked("etc/x.conf", "@/secret", unit("/etc/x.conf")),
  "a unit that climbs": unit(`/${UP}@/secret`),
  "a unit that names a file of the machine": unit("@/secret"),
  "a unit": linked("etc/systemd/system/php-fpm.service", "@/secret"),
  "a drop-in": linked("etc/systemd/system/nginx.service.d/php.conf", "@/secret"),
  "the directory of drop-ins": linked("etc/systemd/system/nginx.service.d", "@"),
  "the directory of sysctl": unsaid("etc/sysctl.d", "@"),
  "sysctl.conf": unsaid("etc/sysctl.conf", "@/secret"),
  "the names of hosts": unsaid("etc/hosts", "@/secret"),
  "nsswitch.conf": unsaid("etc/nsswitch.conf", "@/secret"),
  "a pool": linked(POOL, "@/secret"),
  "a pool in /proc": linked(POOL, "/proc/self/environ"),
  "an include of PHP-FPM": fpm("include=@/secret"),
  "an include of PHP-FPM that climbs": fpm(`include=${UP}@/*`),
  "a directory of pools": linked("etc/pools", "@", fpm("include=/etc/pools/*.conf")),
  "php.ini": linked("etc/php/8.2/fpm/php.ini", "@/secret"),
  "php.ini's scan directory": linked("etc/php/8.2/fpm/conf.d", "@"),
  "a file in it": linked("etc/php/8.2/fpm/conf.d/1.ini", "@/secret"),
  "etc/passwd": linked("etc/passwd", "@/secret"),
  "etc/group": linked("etc/group", `${UP}@/secret`),
  "a file without a host": linked("deploy/b.conf", "@/secret"),
  "a directory without a host": linked("deploy/sites-enabled", "@"),
  "a compose file": linked("deploy/compose.yml", "@/secret"),
  "mounts of compose": compose(
    `volumes: ['@/secret:/etc/nginx/nginx.conf', '${UP}@:/etc/nginx', '~/x:/usr/local/etc', '/etc/shadow:/etc/nginx/conf.d/a.conf']`,
    false,
  ),
  "a Dockerfile that compose names": compose("build: {context: ., dockerfile: @/secret}", false),
  "a context that climbs": compose(`build: ${UP}@`, true),
  "extends that leads out": compose(`extends: {file: ${UP}@/secret, service: a}`, true),
  "env_file that leads out": compose("env_file: [@/secret]", false),
  "include of compose that leads out": {
    files: { "deploy/compose.yml": `include: [@/secret, ${UP}@/secret]\nservices: {a: {image: nginx}}\n` },
    said: true,
  },
  "a config of compose that leads out": {
    files: {
      "deploy/compose.yml":
        "configs: {c: {file: @/secret}}\nservices: {a: {image: nginx, configs: [{source: c, target: /etc/nginx/nginx.conf}]}}\n",
    },
    said: true,
  },
  "COPY that leads out": {
    files: {
      "deploy/Dockerfile": `FROM nginx\nCOPY ${UP}@/secret @/secret /etc/nginx/\nADD ${UP}@ /etc/nginx\n`,
    },
    said: false,
  },
  "a link that COPY brings": linked("deploy/nginx/nginx.conf", "@/secret", {
    files: { "deploy/Dockerfile": "FROM nginx\nCOPY nginx /etc/nginx\n" },
    said: true,
  }),
  "a generated ConfigMap that leads out": {
    files: {
      "deploy/kustomization.yaml": `configMapGenerator: [{name: nginx, files: [${UP}@/secret, a=@/secret]}]\n`,
    },
    said: true,
  },
  "everyday links": {
    links: { "node_modules/x": "@", "public/storage": "@", "bin/nginx": "@/secret" },
    said: false,
  },
};

/** The files of an escape's tree, and its links; `outside`: what `@` means. */
export function treeOf(
  { files = {}, links = {} }: Escape,
  outside: string,
): { readonly files: Readonly<Record<string, string>>; readonly links: Readonly<Record<string, string>> } {
  const filled = (entries: readonly (readonly [string, string])[]) =>
    Object.fromEntries(entries.map(([path, text]) => [path, text.replaceAll("@", outside)]));
  return {
    files: filled(Object.entries({ ...DEBIAN, ...files }).filter(([path]) => !(path in links))),
    links: filled(Object.entries(links)),
  };
}
