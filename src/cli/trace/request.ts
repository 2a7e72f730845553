import { isIP } from "node:net";
import { parseSize } from "../../capacity/size.js";
import { canonicalHost } from "../../model/address/canonical.js";
import type { Request } from "../../model/request/resolve/types.js";
import { UsageError } from "../usage.js";

/** The words of the command line that make a request. */
export interface RequestWords {
  readonly url: string;
  readonly method?: string | undefined;
  readonly header?: readonly string[] | undefined;
  /** `20m`. */
  readonly bodySize?: string | undefined;
  readonly http?: string | undefined;
  /** An address. */
  readonly from?: string | undefined;
}

const PROTOCOLS = { "1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2.0", "3": "HTTP/3.0" } as const;

/** The characters of a method and of a header's name. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What is typed, as a client would send it. Throws UsageError. */
export function readRequest(words: RequestWords): Request {
  const { scheme, authority, port, target } = readUrl(words.url);
  const bodyLength = readBody(words.bodySize);
  const method = words.method ?? (bodyLength === null ? "GET" : "POST");
  if (!TOKEN.test(method)) throw wrong("method", method, "a method such as GET or POST");
  const given = (words.header ?? []).map(readHeader);
  const own = given.some(([name]) => name.toLowerCase() === "host");
  const tls = scheme === "https";
  const length = given.find(([name]) => name.toLowerCase() === "content-length");
  if (length !== undefined) throw new UsageError("--header: give the length of the body as --body-size");
  return {
    method,
    target,
    protocol:
      PROTOCOLS[words.http as keyof typeof PROTOCOLS] ?? (words.http === undefined ? "HTTP/1.1" : "HTTP/1.1"),
    headers: [...(own || authority === "" ? [] : [["Host", authority] as const]), ...given],
    bodyLength,
    tls,
    to: { kind: "tcp", host: "*", port: port ?? (tls ? 443 : 80) },
    from: readFrom(words.from),
  };
}

interface Url {
  readonly scheme: "http" | "https";
  /** As the Host header has it; empty: the URL names none. */
  readonly authority: string;
  readonly port: number | null;
  /** Path and query. */
  readonly target: string;
}

/** Never through the class URL, which changes what is typed: `/a/../b`, `%7e`, `//`. */
function readUrl(text: string): Url {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would end the request line
  if (/[\x00-\x20\x7f]/.test(text))
    throw wrongUrl(text, "has a space or a control character; write it as %20 and the like");
  if (text.startsWith("/") && !text.startsWith("//"))
    return { scheme: "http", authority: "", port: null, target: withoutFragment(text) };
  const parts = /^(https?):\/\/([^/?#]*)(.*)$/is.exec(text);
  if (parts === null) {
    const hint = /^[a-z][a-z0-9+.-]*:/i.test(text)
      ? ""
      : `; write http://${text}, or a path that begins with /`;
    throw wrongUrl(text, `is neither http:// nor https:// nor a path${hint}`);
  }
  const [, scheme = "", rest = "", path = ""] = parts;
  const authority = rest.replace(/^.*@/, "");
  const [, host = "", digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority) ?? [];
  const port = digits === undefined || digits === "" ? null : Number(digits);
  if (host === "" || (port !== null && (port < 1 || port > 65_535)))
    throw wrongUrl(text, "has no host, or a port that does not exist");
  const target = withoutFragment(path);
  return {
    scheme: scheme.toLowerCase() === "https" ? "https" : "http",
    authority,
    port,
    target: target.startsWith("/") ? target : `/${target}`,
  };
}

/** Clients keep it to themselves. */
function withoutFragment(target: string): string {
  return target.split("#", 1)[0] ?? "";
}

function wrongUrl(text: string, why: string): UsageError {
  return new UsageError(`${JSON.stringify(text)} ${why} (fpmlint trace --help has examples)`);
}

function readBody(text: string | undefined): number | null {
  if (text === undefined) return null;
  const bytes = /^0+$/.test(text) ? 0 : parseSize(text);
  if (bytes === null) throw wrong("body-size", text, "a size such as 20m or 512k, or a number of bytes");
  return bytes;
}

function readHeader(text: string): readonly [string, string] {
  const colon = text.indexOf(":");
  const [name, value] = [text.slice(0, Math.max(0, colon)), text.slice(colon + 1).trim()];
  if (TOKEN.test(name) && !/[\r\n\0]/.test(value)) return [name, value];
  throw wrong("header", text, "a header such as 'Cookie: a=b'");
}

function readFrom(text: string | undefined): Request["from"] {
  if (text === undefined) return null;
  if (isIP(text) === 0) throw wrong("from", text, "an address such as 192.0.2.1 or 2001:db8::1");
  return { address: canonicalHost(text), port: null };
}

function wrong(option: string, text: string, right: string): UsageError {
  return new UsageError(
    `--${option} ${JSON.stringify(text)} is not ${right} (fpmlint trace --help lists the options)`,
  );
}
