import { type OptionTable, repeatable, sharedOptions } from "../options.js";

export const TRACE_EPILOGUE = `Examples:
  fpmlint trace http://shop.example/cart?id=3            this server
  fpmlint trace https://shop.example/ hosts/web1/etc     a copy of its files
  fpmlint trace /index.php etc                           no name: the default server takes it
  fpmlint trace -X POST --body-size 20m http://shop.example/upload
  fpmlint trace --missing /srv/shop/robots.txt http://shop.example/robots.txt

A file that neither the tree nor --exists or --missing tells of makes two ways, and both are shown.
Exit status: 0 the way is known to its end, 2 wrong or missing input, 3 a part of it is unknown.`;

/** Options of `fpmlint trace`. */
export const TRACE_OPTIONS = {
  method: {
    alias: "X",
    type: "string",
    describe: "method of the request [default: GET, or POST with --body-size]",
  },
  header: { ...repeatable, alias: "H", describe: "a header, as in 'Cookie: a=b'; repeatable" },
  "body-size": { type: "string", describe: "bytes in the body, as in 20m or 512k" },
  http: {
    type: "string",
    choices: ["1.0", "1.1", "2", "3"],
    describe: "version of HTTP that the client speaks [default: 1.1]",
  },
  from: { type: "string", describe: "address of the client, for allow and deny [default: anybody]" },
  exists: {
    ...repeatable,
    completes: "file",
    describe: "a file, or a directory with a / at the end, that is there; repeatable",
  },
  missing: { ...repeatable, completes: "file", describe: "a path where nothing is; repeatable" },
  format: sharedOptions.format,
  config: sharedOptions.config,
} as const satisfies OptionTable;
