import { describe, expect, test } from "vitest";
import type { Host } from "../../src/model/host.js";
import { somaxconn } from "../../src/model/listen/somaxconn.js";
import { isOn, nginxUnits, serviceSetting } from "../../src/model/machine/systemd.js";
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
