import { describe, expect, test } from "vitest";
import { writesConfiguration } from "../../src/host/find/scripts.js";
import { mayBeInstaller, mayBeOddlyNamed } from "../../src/host/names.js";
import { tree } from "../support/tree.js";

/** Configuration in files whose names say little, and in shell scripts. */

const { put, lint } = tree();

const SITE =
  "server {\n  listen 80;\n  root /srv/shop;\n  location ~ \\.php$ {\n    fastcgi_pass unix:/run/shop.sock;\n  }\n}\n";
const POOL = "[shop]\nlisten = /run/shop.sock\npm = static\npm.max_children = 2\n";
const unread = () => lint(["."]).summary.incomplete.map(({ file, reason }) => `${file}: ${reason}`);

describe("sites", () => {
  test.each([
    "default",
    "default-ssl",
    "conf/default",
    "nginx-shop",
    "shop.vhost",
    "shop.ngx",
    "files/shop.ngx",
    "modules/nginx/files/shop.local",
    "vhosts/www.shop.com",
  ])("%s", (name) => {
    put({ [name]: SITE });
    expect(lint(["."]).summary.locations).toBe(1);
  });

  test.each(["vhost-templates", "my-nginx"])("without an ending in a repository %s", (name) => {
    put({ [`${name}/shop`]: SITE, [`${name}/sites/blog`]: SITE });
    expect(lint([name]).summary.locations).toBe(2);
  });

  test("not where very many files have no ending", () => {
    const files = Array.from({ length: 301 }, (_, at) => [`my-nginx/objects/${at}`, "x\n"] as const);
    put({ "my-nginx/a.conf": SITE, "my-nginx/shop": SITE, ...Object.fromEntries(files) });
    expect(lint(["my-nginx"]).summary.locations).toBe(1);
  });

  test.each([
    ["files of other trees", "/src/shop", "app"],
    ["what is deep in a repository for sites", "/a/b/c/shop", "vhost-templates"],
    ["programs", "/bin/nginx", ""],
    ["the environment", "/app/.env.local", ""],
    ["hidden files", "/nginx/.local", ""],
    ["pages", "/nginx/index.html", ""],
  ])("%s are not opened", (_name, path, within) => {
    expect(mayBeOddlyNamed(path, within)).toBe(false);
  });
});

describe("shell scripts", () => {
  const heredoc = (opening: string, end = "EOF", body = SITE) =>
    `#!/bin/bash\nset -e\nx=1\ny=2\nz=3\napt install -y nginx\n${opening}\n${body}${end}\nsystemctl reload nginx\n`;
  const target = "/etc/nginx/conf.d/a.conf";

  test.each([
    ["<<'EOF'", heredoc(`cat > ${target} <<'EOF'`)],
    ["<<-EOF", heredoc(`cat <<-EOF > ${target}`, "\tEOF")],
    ["<< EOF", heredoc(`cat << EOF > ${target}`)],
    ['<<"EOF"', heredoc(`cat >${target} <<"EOF"`)],
    ["<<\\EOF", heredoc(`cat >${target} <<\\EOF`)],
    ["tee", heredoc(`sudo tee ${target} > /dev/null <<EOF`)],
    ["a server alone", heredoc(`cat <<EOF > ${target}`, "EOF", "server {\n  listen 80;\n}\n")],
    ["a pool", heredoc("cat <<CONF > /etc/php/8.2/fpm/pool.d/a.conf", "CONF", POOL)],
    ["one without its end", `cat <<EOF > x\n${SITE}`],
    ["echo", `echo '${SITE}' > ${target}\n`],
    ["echo -e", `echo -e "server {\\n  listen 80;\\n  root /srv;\\n}" > ${target}\n`],
    [
      "a line each",
      `echo "server {" > x\necho "  listen 80;" >> x\necho "  root /srv;" >> x\necho "}" >> x\n`,
    ],
    ["printf", `printf 'server {\\n  listen 80;\\n}' > ${target}\n`],
    ["a variable", `block="${SITE}"\n`],
  ])("%s", (_name, text) => {
    expect(writesConfiguration(text, "/setup.sh")).toBe(true);
  });

  test.each([
    ["a string", "grep server <<<'x {'\n"],
    ["another program's", heredoc("cat <<EOF > /etc/motd", "EOF", "welcome to this server;\nlisten = x\n")],
    ["a function", 'server() {\n  echo "listen"\n}\nlocation() { echo; }\n'],
    ["one setting among others", 'pm=apt\necho "pm = $pm"\necho "hello"\necho "name = x"\n'],
  ])("not %s", (_name, text) => {
    expect(writesConfiguration(text, "/setup.sh")).toBe(false);
  });

  test.each(["docker-entrypoint.sh", "setup-webserver.sh", "scripts/install.sh", "nginx/make-site"])(
    "%s is said not to be read",
    (name) => {
      put({ "www.conf": POOL, [name]: heredoc(`cat > ${target} <<EOF`) });
      expect(unread()).toEqual([`${name}: configuration inside a shell script is not read`]);
    },
  );

  test("others are not opened", () => {
    expect(mayBeInstaller("/src/lib/format.sh")).toBe(false);
    expect(mayBeInstaller("/setup.py")).toBe(false);
  });
});
