import { describe, expect, test } from "vitest";
import type { Host } from "../../src/model/host.js";
import { somaxconn } from "../../src/model/listen/somaxconn.js";
import { lastOf, madeBelow, unitOf, wordsOf } from "../../src/model/machine/fpm-unit.js";
import { isOn, nginxUnits, serviceSetting } from "../../src/model/machine/systemd.js";
import { madeByTmpfiles } from "../../src/model/machine/tmpfiles.js";
import { assignmentsOf } from "../../src/model/machine/unit-file.js";
import { memoryHost } from "../build/hosts.js";

function host(files: Readonly<Record<string, string>>): Host {
  return memoryHost(files, { root: "/host" });
}

const unit = (lines: string): string => `[Unit]\nLimitNOFILE=1\n[Service]\n${lines}\n`;

describe("units", () => {
  test("the last line counts, drop-ins behind the unit, by name whatever the directory", () => {
    const files = {
      "/lib/systemd/system/nginx.service": unit("LimitNOFILE=100\nLimitNOFILE=200"),
      "/etc/systemd/system/nginx.service.d/20-b.conf": "[Service]\nLimitNOFILE=400\n",
      "/lib/systemd/system/nginx.service.d/10-a.conf": "[Service]\nLimitNOFILE=300\n",
    };
    expect(serviceSetting(host(files), nginxUnits, "LimitNOFILE")?.value).toBe("400");
  });

  test("/etc hides the unit and the drop-in of the same name", () => {
    const files = {
      "/lib/systemd/system/nginx.service": unit("LimitNOFILE=100"),
      "/etc/systemd/system/nginx.service": unit("LimitNOFILE=200"),
      "/etc/systemd/system/nginx.service.d/a.conf": "[Service]\n",
      "/lib/systemd/system/nginx.service.d/a.conf": "[Service]\nLimitNOFILE=300\n",
    };
    expect(serviceSetting(host(files), nginxUnits, "LimitNOFILE")?.value).toBe("200");
  });

  test("an empty value takes back; no unit, no value", () => {
    const files = { "/lib/systemd/system/nginx.service": unit("PrivateTmp=yes\nPrivateTmp=") };
    expect(serviceSetting(host(files), nginxUnits, "PrivateTmp")).toBeNull();
    expect(serviceSetting(host({}), nginxUnits, "PrivateTmp")).toBeNull();
  });

  test("switches", () => {
    const value = (text: string) => {
      const files = { "/lib/systemd/system/nginx.service": unit(`PrivateTmp=${text}`) };
      const found = serviceSetting(host(files), nginxUnits, "PrivateTmp");
      return found === null ? null : isOn(found);
    };
    expect(["yes", "true", "1", "on", "no", "off", "0"].map(value)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("the unit of a PHP-FPM", () => {
  const main = "/etc/php/8.2/fpm/php-fpm.conf";
  const start = `ExecStart=/usr/sbin/php-fpm8.2 --nodaemonize --fpm-config ${main}`;
  const path = "/usr/lib/systemd/system/php8.2-fpm.service";
  const files = { [main]: "[www]\nlisten = /run/php/www.sock\npm = static\npm.max_children = 1\n" };
  const find = (more: Readonly<Record<string, string>>) => {
    const all = host({ ...files, ...more });
    const [master] = all.masters;
    return master === undefined ? null : unitOf(all, master);
  };

  test("by the main file on its command line, whatever its name, or by its name alone", () => {
    expect(find({ [path]: unit(start) })?.name).toBe("php8.2-fpm.service");
    expect(find({ "/etc/systemd/system/shop.service": unit(start) })?.name).toBe("shop.service");
    expect(find({ [path]: unit("ExecStart=/usr/sbin/php-fpm8.2 -F") })?.name).toBe("php8.2-fpm.service");
  });

  test("not with two of them, of another main file, of a script, of a template unit, or without one", () => {
    const other = "ExecStart=/usr/sbin/php-fpm8.2 -y /etc/other.conf";
    expect(find({ [path]: unit(start), "/etc/systemd/system/shop.service": unit(start) })).toBeNull();
    expect(find({ [path]: unit(other) })).toBeNull();
    expect(find({ [path]: unit("ExecStart=/usr/bin/php-fpm.sh") })).toBeNull();
    expect(find({ "/etc/systemd/system/php@.service": unit(start) })).toBeNull();
    expect(find({})).toBeNull();
  });

  test("lists add up over drop-ins, and an empty value takes back", () => {
    const dropIn = (text: string) => ({
      [path]: unit(`${start}\nReadWritePaths=/a "/b"\nProtectSystem=full`),
      "/etc/systemd/system/php8.2-fpm.service.d/x.conf": `[Service]\n${text}\n`,
    });
    const words = (text: string) => {
      const found = find(dropIn(text));
      return found === null ? "no unit" : wordsOf(found, ["ReadWritePaths", "ReadWriteDirectories"]);
    };
    expect(words("ReadWriteDirectories=%L/c")).toEqual(["/a", "/b", "/var/log/c"]);
    expect(words("ReadWritePaths=\nReadWritePaths=/c")).toEqual(["/c"]);
    expect(words("ReadWritePaths=")).toEqual([]);
    expect(words("ReadWritePaths=%h/c")).toBeNull();
    const last = (text: string) => {
      const found = find(dropIn(text));
      return found === null ? "no unit" : (lastOf(found, "ProtectSystem")?.value ?? null);
    };
    expect(["User=www-data", "ProtectSystem=strict", "ProtectSystem="].map(last)).toEqual([
      "full",
      "strict",
      null,
    ]);
  });

  test("directories that systemd makes, with the links to them", () => {
    const found = find({ [path]: unit(`${start}\nRuntimeDirectory=php php/shop:socket`) });
    expect(found === null ? "no unit" : madeBelow(found, "RuntimeDirectory", "/run")).toEqual([
      "/run/php",
      "/run/php/shop",
      "/run/socket",
    ]);
  });
});

describe("tmpfiles.d", () => {
  const makes = (line: string, directory = "/run/php") =>
    madeByTmpfiles(host({ "/etc/tmpfiles.d/a.conf": `# d /run/php\n${line}\n` }).fs, directory);

  test("a line makes its path and what is above it", () => {
    expect(
      ["d /run/php 0755", "D! /var/run/php", "d %t/php", "f /run/php/x"].map((one) => makes(one)),
    ).toEqual([true, true, true, true]);
    expect(["r /run/php", "z /run/php", "d /run/phpx", "d /tmp/%b", ""].map((one) => makes(one))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  test("a name that only systemd knows may be any", () => {
    expect(makes("d /run/%b")).toBe(true);
    expect(makes("d /run/shop/%b")).toBe(false);
  });
});

describe("assignments", () => {
  test("comments, blanks, lines that go on, places", () => {
    const text = "# a = 1\n; b = 2\n[ S ]\n key =  one \\\n two\nlast=3\r\nno assignment\n";
    const { fs } = host({ "/f": text });
    expect(assignmentsOf(fs, "/f").map(({ section, key, value }) => [section, key, value])).toEqual([
      [" S ", "key", "one   two"],
      [" S ", "last", "3"],
    ]);
    const [, last] = assignmentsOf(fs, "/f");
    expect(text.slice(last?.place.span.start, last?.place.span.end)).toBe("3");
  });

  test("a long line without an assignment costs no more than its length", () => {
    const { fs } = host({ "/f": `${" ".repeat(200_000)}x\nkey = v\n` });
    expect(assignmentsOf(fs, "/f").map(({ key }) => key)).toEqual(["key"]);
  });
});

describe("the kernel's settings", () => {
  test("by name, either separator, sysctl.conf last", () => {
    const files = {
      "/etc/sysctl.d/50-a.conf": "net.core.somaxconn = 100\n",
      "/usr/lib/sysctl.d/60-b.conf": "-net/core/somaxconn = 200\n",
    };
    expect(somaxconn(host(files))?.value).toBe(200);
    expect(somaxconn(host({ ...files, "/etc/sysctl.conf": "net.core.somaxconn=300" }))?.value).toBe(300);
    expect(somaxconn(host({ "/etc/sysctl.conf": "net.core.somaxconn = many" }))).toBeNull();
  });
});
