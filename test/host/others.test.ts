import { describe, expect, test } from "vitest";
import { sniff } from "../../src/host/find/sniff.js";
import { tree } from "../support/tree.js";

/** Files of other programs that have lines, or whole pieces, of nginx's or PHP-FPM's in them. */

const { put, lint, outcome } = tree();

const unread = () =>
  lint(["."]).summary.incomplete.map(({ file, line, reason }) => `${file}:${line}: ${reason}`);
const found = () =>
  lint(["."]).findings.map(
    ({ rule, severity, at }) => `${severity} ${rule} ${at.span.file.display}:${at.span.start}`,
  );
const nothing = { refusal: { message: "no nginx or PHP-FPM configuration found below ." } };

const POOL = "[www]\nlisten = 9000\npm = static\npm.max_children = 4\n";

describe("ini files of other programs", () => {
  test.each([
    ["supervisord", "[supervisord]\nnodaemon=true\n[program:fpm]\ncommand=php-fpm -F\n", "supervisord.conf"],
    ["a program of supervisord", "[program:fpm]\nuser = www\n", "fpm.conf"],
    ["its HTTP server", "[unix_http_server]\nuser = www\n", "php/supervisor.conf"],
    ["its listeners", "[eventlistener:fpm]\n", "php/events.conf"],
    ["a unit of systemd", "[Service]\nUser = www\n", "php-fpm.service.d/override.conf"],
    ["MySQL", "[mysqld]\nuser = mysql\npid = /run/x\nlisten = x\n", "php/my.conf"],
    ["uWSGI", "[uwsgi]\nlisten = 1024\nmaster = true\n", "php/uwsgi.conf"],
    [
      "Samba",
      "[global]\ninclude = /x\nlog_level = 1\nworkgroup = A\nserver string = B\nnetbios name = C\nmap to guest = D\n",
      "pool/smb.conf",
    ],
    ["dovecot", "listen = *\nprotocols = imap\nmail_location = x\n", "php-mail/dovecot.conf"],
    ["php.ini", "[PHP]\nmemory_limit = 1G\nengine = On\nshort_open_tag = Off\nlisten = x\n", "php/php.conf"],
  ])("%s", (_name, text, path) => {
    // One setting that only PHP-FPM has is not enough.
    for (const one of ["", "catch_workers_output = Yes\n"])
      expect(sniff(text + one, `/${path}`)).toBe("other");
  });

  test.each([
    ["a pool with as many slips as settings known", "[www]\nlisten 9000\npm static\npm.childs = 4\n"],
    ["settings of php.ini in a pool", `${POOL}memory_limit = 1G\nupload_max_filesize = 1G\n`],
    ["a pool that is called as a program", POOL.replace("www", "program")],
    [
      "names that a template fills in",
      `${POOL}{% for key in all %}\n{{ key }} = {{ all[key] }}\n{% endfor %}\n`,
    ],
  ])("but %s is PHP-FPM's", (_name, text) => {
    expect(sniff(`${text}pm.max_requests = 1\n`, "/php/www.conf")).toBe("fpm-pool");
  });

  test("are nothing to lint", () => {
    put({
      "conf/supervisord.conf":
        "[supervisord]\nnodaemon=true\n[program:php-fpm]\ncommand=php-fpm7 -F\ncatch_workers_output = Yes\n",
    });
    expect(outcome(["."])).toMatchObject(nothing);
    put({ "conf/www.conf": `[program]\n${POOL}` });
    expect(lint(["."]).summary.pools).toBeGreaterThan(0);
  });
});

describe("files of builders, and texts for people", () => {
  const DOCKERFILE =
    'FROM debian:12\nENV A=b\nRUN echo "security.limit_extensions = .php" >> /etc/php/8.2/fpm/pool.d/www.conf\n' +
    'RUN sed -i -e "s/;clear_env = no/clear_env = no/g" x\n' +
    'RUN sed -i -e "s/;request_terminate_timeout = 0/request_terminate_timeout = 1800s/g" y\n';
  const WHOLE = `RUN cat > /x <<EOF\n${POOL}EOF\nRUN cat > /y <<EOF\nserver {\n  listen 80;\n  root /srv\n}\nEOF\n`;

  test("a word after ; of a line begins nothing in an ini file", () => {
    expect(sniff(DOCKERFILE, "/fpm/build")).toBe("other");
  });

  test.each([
    "Dockerfile",
    "Dockerfile.nginx",
    "Dockerfile-fpm",
    "Dockerfile.j2",
    "Containerfile",
    "Makefile",
    "Vagrantfile",
    "Jenkinsfile",
    "README",
    "readme.txt",
    "INSTALL.txt",
  ])("%s", (name) => {
    put({ [`nginx/${name}`]: DOCKERFILE + WHOLE });
    expect(outcome(["."])).toMatchObject(nothing);
  });

  test("not a site that is called so", () => {
    put({ "nginx/dockerfile.conf": "server {\n  listen 80;\n}\n" });
    expect(lint(["."]).summary.files).toBe(1);
  });
});

describe("the XML of PHP 5.2", () => {
  const XML =
    '<?xml version="1.0" ?>\n<configuration>\n\n\tAll relative paths\n\n\t<section name="global_options">\n' +
    '\t\t<value name="pid_file">/run/php.pid</value>\n\t</section>\n\t<workers>\n\t\t<section name="pool">\n' +
    '\t\t\t<value name="listen_address">127.0.0.1:9000</value>\n\t\t</section>\n\t</workers>\n</configuration>\n';
  const said = "XML, as PHP-FPM of PHP 5.2 reads it, is not checked";

  test("as a branch of a template", () => {
    put({
      "php-fpm.conf.j2": `{% if php_version != 5.2 %}\n${POOL}{% else %}\n${XML}{% endif %}\n`,
    });
    expect(found()).toEqual([]);
    expect(unread()).toEqual([`php-fpm.conf.j2:7: ${said}`]);
  });

  test.each(["conf/php-fpm.conf", "etc/php-fpm.conf"])("as a whole file: %s", (path) => {
    put({ [path]: XML });
    expect(found()).toEqual([]);
    expect(unread()).toEqual([`${path}:1: ${said}`]);
  });

  test("leaves what follows it to be read", () => {
    put({ "etc/php-fpm.conf": `${XML}[www]\nlisten\n` });
    expect(found()).toHaveLength(1);
    expect(unread()).toEqual([`etc/php-fpm.conf:1: ${said}`]);
  });

  test("an ini file for it is one finding", () => {
    put({ "etc/php5.2/php-fpm.conf": `[global]\npid = /run/php.pid\n${POOL}` });
    expect(found().filter((one) => one.includes(" fpm/"))).toEqual([
      "error fpm/unknown-setting etc/php5.2/php-fpm.conf:9",
    ]);
  });
});
