import { expect, test } from "vitest";
import { capacity, checkConfig, lint, readHosts, trace } from "../../src/library/index.js";

/** A caller without types gets a sentence that says what is right. */
// biome-ignore lint/suspicious/noExplicitAny: such a caller passes anything
const any = (value: unknown): any => value;

test.each([
  [() => lint(any("etc")), 'lint: options must be an object, not "etc"'],
  [() => lint(any(["etc"])), "lint: options must be an object, not an array like this"],
  [() => lint(any(null)), "lint: options must be an object, not null"],
  [() => lint(any({ path: ["etc"] })), "lint: there is no option path; did you mean paths?"],
  [() => lint(any({ constructor: 1 })), /^lint: there is no option constructor; options are paths, files, /],
  [() => lint(any({ paths: "etc" })), 'lint: paths must be an array of strings, not "etc"'],
  [() => lint(any({ paths: [1] })), "lint: paths must be an array of strings, not an array like this"],
  [
    () => lint(any({ files: new Map() })),
    /^lint: files must be an object with the text of each file .* not a Map$/,
  ],
  [() => lint(any({ files: { a: 1 } })), /^lint: files must be an object with the text of each file/],
  [
    () => lint({ files: {}, paths: ["etc"] }),
    "lint: files is a whole tree, and nothing is read of paths: give one of them",
  ],
  [
    () => lint({ files: { "../etc/x": "" } }),
    /^lint: a path in files must be that of a file of the tree, as in etc\/nginx\/nginx.conf, not "..\/etc\/x"$/,
  ],
  [() => lint({ files: { "": "" } }), /^lint: a path in files must be/],
  [() => lint({ files: { "etc/": "" } }), /^lint: a path in files must be/],
  [() => lint({ files: { "/a": "", a: "" } }), 'lint: "/a" and "a" in files are the same file'],
  [() => lint({ files: { a: "", "a/b": "" } }), 'lint: "a" in files is a file, and others are below it'],
  [() => lint(any({ config: "x" })), 'lint: config must be an object, or null, not "x"'],
  [
    () => lint(any({ config: { failOn: "warn" } })),
    'lint: config: failOn: must be one of "error", "warning", "info", "never"; did you mean "warning"?',
  ],
  [
    () => lint(any({ config: { rules: { "timeout/read-zro": "off" } } })),
    'lint: config: rules.timeout/read-zro: unknown key, did you mean "timeout/read-zero"?',
  ],
  [() => lint({ phpVersion: "eight" }), 'lint: phpVersion must be a version such as 8.3, not "eight"'],
  [() => lint({ nginxVersion: "1.22" }), 'lint: nginxVersion must be a version such as 1.22.1, not "1.22"'],
  [
    () => lint({ memory: "much" }),
    'lint: memory must be a size such as 8G, or a number of bytes above 0, not "much"',
  ],
  [
    () => lint({ memory: Number.NaN }),
    "lint: memory must be a number from 0 on, or a string, or null, not NaN",
  ],
  [
    () => lint({ today: "tomorrow" }),
    'lint: today must be a day such as 2026-11-28, or null, not "tomorrow"',
  ],
  [
    () => lint(any({ baseline: { version: 2 } })),
    "lint: baseline must be what --update-baseline writes, parsed, or null, not an object like this",
  ],
  [
    () => lint(any({ texts: {} })),
    "lint: texts must be a Map with the text of each file by the name that reports print, not an object like this",
  ],
  [() => readHosts(any({ todya: 1 })), /^readHosts: there is no option todya; options are /],
  [() => trace(any(undefined)), "trace: url must be a URL, as in http://shop.example/cart, not undefined"],
  [
    () => trace("shop.example"),
    'trace: "shop.example" is neither http:// nor https:// nor a path; write http://shop.example, or a path that begins with /',
  ],
  [
    () => trace("/", { method: "get" }),
    'trace: method "get" is not a method such as GET or POST, in capitals',
  ],
  [
    () => trace("/", { headers: { "a b": "c" } }),
    "trace: headers \"a b: c\" is not a header such as 'Cookie: a=b'",
  ],
  [
    () => trace("/", { bodySize: "huge" }),
    'trace: bodySize "huge" is not a size such as 20m or 512k, or a number of bytes',
  ],
  [() => trace("/", any({ http: "4" })), 'trace: http must be one of "1.0", "1.1", "2", "3", not "4"'],
  [() => trace("/", { from: "me" }), 'trace: from "me" is not an address such as 192.0.2.1 or 2001:db8::1'],
  [
    () => trace("/", { exists: ["a"] }),
    'trace: a path in exists must be absolute, as nginx sees it, not "a"',
  ],
  [
    () => capacity({ workerSize: "big" }),
    'capacity: workerSize "big" is not a size as in 60M, 8G or plain bytes',
  ],
  [() => capacity({ workerSize: 60 }), 'capacity: workerSize "60" is 60 bytes; most likely 60M is meant'],
  [
    () => capacity({ headroom: 1.5 }),
    'capacity: headroom "150%" is not a part of the memory below 100% as in 20%, or 0',
  ],
  [() => capacity({ cpuShare: 0 }), 'capacity: cpuShare "0%" is not a part of a request as in 30%, above 0'],
  [() => capacity({ cores: 0 }), "capacity: cores must be a number above 0, not 0"],
  [
    () => capacity({ mean: 1 }),
    "capacity: mean means nothing without rate, the number of requests, as in rate 40/s",
  ],
  [
    () => capacity(any({ weight: 3 })),
    "capacity: weight must be an object with a number above 0 for each pool, as in { shop: 3 }, not 3",
  ],
  [
    () => checkConfig(any({})),
    "checkConfig: text must be the text of a fpmlint.json, not an object like this",
  ],
])("wrong arguments get a sentence (%#)", (call, message) => {
  expect(call).toThrow(TypeError);
  expect(call).toThrow(typeof message === "string" ? new TypeError(message) : message);
});

test("what is undefined is not given", () => {
  const files = { "etc/nginx/nginx.conf": "events {}\nhttp {}\n" };
  expect(lint(any({ files, paths: undefined, memory: undefined })).kind).toBe("linted");
});

test("the configuration that is given is not changed", () => {
  const config = any(
    Object.freeze({
      rules: Object.freeze({ "buffer/header-too-small": Object.freeze(["error", Object.freeze({})]) }),
    }),
  );
  expect(lint({ files: { "etc/nginx/nginx.conf": "events {}\nhttp {}\n" }, config }).kind).toBe("linted");
});
