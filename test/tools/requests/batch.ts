import * as fs from "node:fs";
import * as path from "node:path";
import type { Request } from "../../../src/model/request/resolve/types.js";
import { memoryHost } from "../../build/hosts.js";
import { random } from "../reality/random.js";
import { judge, type Verdict } from "./compare.js";
import { exchange, type Fpm, startFpm, startNginx } from "./daemons.js";
import { type Drawn, type DrawnRequest, drawHost, drawRequest, drawSite, type Surroundings } from "./draw.js";

/** Batches of random servers in one nginx, and random requests to them. */

const SITES = 24;
const REQUESTS = 400;
const AT_ONCE = Number(process.env.AT_ONCE ?? 8);

export interface Judged extends Verdict {
  readonly request: DrawnRequest;
  readonly batch: number;
  /** The servers of its address. */
  readonly text: string;
}

/** Its first line tells which file it is, where its source is sent. */
const script = (name: string): string => `<?php // ${name}
$in = file_get_contents('php://input');
if (preg_match('/(?:^|&)st=(\\d+)/', $_SERVER['QUERY_STRING'] ?? '', $m)) http_response_code((int) $m[1]);
header('Content-Type: application/json');
$s = array_filter($_SERVER, 'is_scalar');
echo json_encode(['file' => __FILE__, 'input' => strlen($in), 'server' => array_map('strval', $s)], JSON_INVALID_UTF8_SUBSTITUTE);
`;

function writeFiles(top: string, files: readonly string[]): void {
  for (const root of ["root0", "root1", "root2"])
    fs.rmSync(path.join(top, root), { recursive: true, force: true });
  for (const file of files) {
    const full = path.join(top, file);
    if (file.endsWith("/")) {
      fs.mkdirSync(full, { recursive: true });
      continue;
    }
    fs.mkdirSync(path.dirname(full), { recursive: true });
    fs.writeFileSync(full, /\.(?:php|phtml)$/.test(file) ? script(full) : `file:${full}`);
  }
}

function configuration(top: string, { sites, http }: Drawn, inner: string): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {
    [`${top}/nginx.conf`]: `${process.getuid?.() === 0 ? "user nobody nogroup;\n" : ""}daemon off; worker_processes 1; pid ${top}/nginx.pid; error_log ${top}/error.log crit;
events { worker_connections 512; }
http { access_log off; default_type application/octet-stream; types { text/html html; text/plain txt; image/png png; }
client_body_temp_path ${top}/t1; proxy_temp_path ${top}/t2; fastcgi_temp_path ${top}/t3; uwsgi_temp_path ${top}/t4; scgi_temp_path ${top}/t5;
server_names_hash_bucket_size 128; lingering_close off; keepalive_timeout 0; variables_hash_max_size 4096;
${http}
server { listen unix:${inner}; return 200 alive; }
${sites.map((_, at) => `include ${top}/site${at}.conf;`).join("\n")}
}
`,
  };
  for (const [at, { text }] of sites.entries()) texts[`${top}/site${at}.conf`] = `${text}\n`;
  return texts;
}

export interface Run {
  readonly top: string;
  readonly fpm: Fpm;
  stop(): Promise<void>;
}

export async function startRun(top: string): Promise<Run> {
  fs.mkdirSync(top, { recursive: true });
  fs.chmodSync(top, 0o755);
  fs.writeFileSync(`${top}/users`, "nobody:x\n");
  const fpm = await startFpm(top);
  return { top, fpm, stop: () => fpm.stop() };
}

/** One batch: `seed` and `batch` decide all of it. `most`: how many requests. */
export async function runBatch(
  { top, fpm }: Run,
  seed: number,
  batch: number,
  most = REQUESTS,
): Promise<readonly Judged[]> {
  const r = random(seed, batch);
  const net = `127.${80 + (process.pid % 100)}.${Math.floor(process.pid / 100) % 250}`;
  const addresses = Array.from({ length: SITES }, (_, at) => `${net}.${at + 1}:8080`);
  const around: Surroundings = { top, sockets: fpm.sockets, addresses, inner: addresses.slice(0, 4) };
  let drawn = drawHost(r, around);
  writeFiles(top, drawn.files);
  const alive = `${top}/alive.sock`;
  let texts: Readonly<Record<string, string>> = {};
  for (let times = 0; ; times += 1) {
    texts = configuration(top, drawn, alive);
    for (const [name, text] of Object.entries(texts)) fs.writeFileSync(name, text);
    const started = await startNginx(top, alive);
    if (typeof started !== "string") {
      try {
        return await ask(top, texts, fpm, drawn, r, batch, most);
      } finally {
        await started.stop();
      }
    }
    // A server that nginx refuses is drawn again.
    const number = /site(\d+)\.conf/.exec(started)?.[1];
    if (number === undefined || times > 60) throw new Error(`nginx refuses batch ${batch}: ${started}`);
    const sites = [...drawn.sites];
    sites[Number(number)] = drawSite(
      random(seed + times + 1, batch * 1000 + Number(number)),
      around,
      Number(number),
    );
    drawn = { ...drawn, sites };
  }
}

async function ask(
  top: string,
  texts: Readonly<Record<string, string>>,
  fpm: Fpm,
  drawn: Drawn,
  r: ReturnType<typeof random>,
  batch: number,
  most: number,
): Promise<readonly Judged[]> {
  const conf = Object.keys(texts)[0] ?? "";
  const host = memoryHost({ ...texts, "/etc/php/8.2/fpm/php-fpm.conf": fpm.text }, { nginx: conf });
  const http = host.nginx?.root.children.find(({ name }) => name === "http");
  if (http === undefined) throw new Error("the model read no http block");
  const requests = Array.from({ length: most }, () => drawRequest(r, drawn.sites.length));
  const found: Judged[] = [];
  const left = requests.entries();
  const work = async (): Promise<void> => {
    for (const [at, request] of left) {
      const site = drawn.sites[request.site];
      if (site === undefined) continue;
      const [address = "", port = ""] = site.address.split(":");
      let answer = await exchange({ host: address, port: Number(port) }, bytesOf(request));
      // A worker of nginx that dies takes other connections with it.
      if (answer.status === 0)
        answer = await exchange({ host: address, port: Number(port) }, bytesOf(request));
      const sent: Request = {
        method: request.method,
        target: request.target,
        protocol: request.protocol,
        headers: headersOf(request),
        bodyLength: request.body,
        tls: false,
        to: { kind: "tcp", host: address, port: Number(port) },
        from: { address: "127.0.0.1", port: answer.port },
      };
      found[at] = { ...judge(host, http, top, sent, answer), request, batch, text: site.text };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

function headersOf({ host, headers }: DrawnRequest): readonly (readonly [string, string])[] {
  return [...(host === null ? [] : [["Host", host] as const]), ...headers, ["Connection", "close"]];
}

function bytesOf(request: DrawnRequest): string {
  const { method, target, protocol, body } = request;
  const lines = headersOf(request).map(([name, value]) => `${name}: ${value}`);
  if (body !== null) lines.push(`Content-Length: ${body}`);
  return `${method} ${target} ${protocol}\r\n${lines.join("\r\n")}\r\n\r\n${"x".repeat(body ?? 0)}`;
}
