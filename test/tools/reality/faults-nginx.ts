import { drop, type Entry, type HostDraft, has, inner, put, type SiteDraft } from "./draft.js";
import { MANUAL } from "./draw-entry.js";
import type { Random } from "./random.js";

/** Puts one fault in; `false`: this host has no place for it. */
export type Fault = (host: HostDraft, site: SiteDraft, entry: Entry, random: Random) => boolean;

type Faults = Readonly<Record<string, Fault>>;

function pass(entry: Entry, address: string): boolean {
  const { lines } = inner(entry);
  drop(lines, "set");
  put(lines, `fastcgi_pass ${address};`);
  return true;
}

/** Changes the upstream that the entry uses. */
export function upstreamOf(host: HostDraft, entry: Entry, change: (lines: string[]) => void): boolean {
  const passed = inner(entry).lines.find((line) => line.startsWith("fastcgi_pass "));
  const found = host.upstreams.find(({ name }) => passed === `fastcgi_pass ${name};`);
  if (found === undefined) return false;
  change(found.lines);
  return true;
}

function servers(lines: readonly string[]): readonly number[] {
  return lines.flatMap((line, at) => (line.startsWith("server ") ? [at] : []));
}

const line = (text: string, level: "location" | "server" | "http" = "location"): Fault => {
  return (host, site, entry) => {
    put(level === "http" ? host.http : level === "server" ? site.lines : inner(entry).lines, text);
    return true;
  };
};

export const addressFaults: Faults = {
  "nobody listens": (_host, _site, entry, { pick }) =>
    pass(
      entry,
      pick([
        "unix:/run/php/nobody.sock",
        "127.0.0.1:9876",
        "unix:/run/php/php8.3-fpm.sock",
        "localhost:9877",
      ]),
    ),
  "another spelling": (_host, _site, entry, { pick }) => {
    const { listen, name } = entry.pool;
    const port = /\d+$/.exec(listen)?.[0];
    if (port === undefined)
      return pass(entry, pick([`unix:/run/php/${name}.sock:`, `unix:/run/php/${name}`, "127.0.0.1:9000"]));
    return pass(
      entry,
      pick([`[::1]:${port}`, `127.0.0.2:${port}`, `unix:/run/php/${port}.sock`, `127.0.0.1:${port}`]),
    );
  },
  "path too long": (_host, _site, entry) => pass(entry, `unix:/run/php/${"long".repeat(30)}.sock`),
  "a dead member": (host, _site, entry, { pick }) =>
    upstreamOf(host, entry, (lines) =>
      lines.unshift(`server ${pick(["unix:/run/php/dead.sock", "127.0.0.1:9878"])};`),
    ),
  "every member dead": (host, _site, entry) =>
    upstreamOf(host, entry, (lines) => {
      for (const at of servers(lines)) lines[at] = `server 127.0.0.1:${9880 + at};`;
    }),
  "every member down": (host, _site, entry) =>
    upstreamOf(host, entry, (lines) => {
      for (const at of servers(lines)) lines[at] = (lines[at] ?? "").replace(/( down)?;$/, " down;");
    }),
  "a member without port": (host, _site, entry) =>
    upstreamOf(host, entry, (lines) => {
      const [first = 0] = servers(lines);
      lines[first] = "server 127.0.0.1;";
    }),
  "a variable without port": (_host, _site, entry) => {
    pass(entry, "$address");
    inner(entry).lines.push("set $address 127.0.0.1;");
    return true;
  },
  "a name without resolver": (_host, _site, entry) => {
    const port = /\d+$/.exec(entry.pool.listen)?.[0];
    if (port === undefined) return false;
    pass(entry, "$address");
    inner(entry).lines.push(`set $address localhost:${port};`);
    return true;
  },
  "HTTP to a pool": (_host, _site, entry, { pick }) => {
    if (entry.page !== null) return false;
    const { lines } = inner(entry);
    const address = pick(entry.pool.addresses).replaceAll('"', "");
    drop(lines, "fastcgi_pass");
    lines.push(`proxy_pass http://${address};`);
    return true;
  },
  "FastCGI to nginx": (_host, site, entry) => pass(entry, `127.0.0.1:${site.port}`),
  "another account": (host, _site, _entry, { pick }) => {
    const before = host.user;
    host.user = pick(["daemon", "nobody nogroup", "www-data"]);
    return before !== host.user;
  },
};

export const valueFaults: Faults = {
  "short patience": (_host, _site, entry, { pick }) => {
    put(inner(entry).lines, `fastcgi_read_timeout ${pick(["1s", "2", "2000ms", "1"])};`);
    return true;
  },
  "short patience everywhere": line("fastcgi_read_timeout 2s;", "http"),
  "long patience": line("fastcgi_read_timeout 300s;", "server"),
  "no patience": line("fastcgi_read_timeout 0;"),
  "no patience for a connection": line("fastcgi_connect_timeout 0;"),
  "small buffer": (host, site, entry, { pick }) => {
    const size = pick(["1k", "2k", "4k", "4096", "7k"]);
    return line(`fastcgi_buffer_size ${size};`, pick(["location", "server", "http"]))(host, site, entry, {
      pick,
    } as Random);
  },
  "no buffer": line("fastcgi_buffer_size 0;"),
  "a buffer alone": line("fastcgi_buffer_size 64k;", "server"),
  "one buffer": line("fastcgi_buffers 1 64k;"),
  "busy size": (_host, _site, entry, { pick }) => {
    put(inner(entry).lines, `fastcgi_busy_buffers_size ${pick(["1k", "2k", "8k", "16k", "1m"])};`);
    return true;
  },
  "large bodies": line("client_max_body_size 64m;", "server"),
  "bodies without limit": line("client_max_body_size 0;"),
  "small bodies": line("client_max_body_size 512k;"),
  "nginx's body default": (host, site, entry) => {
    for (const lines of [host.http, site.lines, inner(entry).lines]) drop(lines, "client_max_body_size");
    return true;
  },
  "an invalid value": (_host, _site, entry, { pick }) => {
    inner(entry).lines.push(
      pick([
        "fastcgi_connect_timeout 60q;",
        "fastcgi_next_upstream sometimes;",
        "fastcgi_send_timeout;",
        "fastcgi_limit_rate ten;",
      ]),
    );
    return true;
  },
  "a misspelt directive": line("fastcgi_red_timeout 60s;"),
  "a directive twice": (_host, _site, entry) => {
    inner(entry).lines.push("fastcgi_send_timeout 5s;", "fastcgi_send_timeout 6s;");
    return true;
  },
  "a directive elsewhere": line("worker_connections 512;", "http"),
  "a missing include": line("include snippets/nowhere.conf;", "server"),
  "a missing semicolon": line("fastcgi_send_timeout 5s", "location"),
  "an address without port": (_host, _site, entry) => pass(entry, "127.0.0.1"),
  "a path without unix:": (_host, _site, entry) => pass(entry, "/run/php/php.sock"),
  "a location twice": (_host, site) => {
    site.others.push("location /twice {\n}", "location /twice {\n}");
    return true;
  },
};

export const parameterFaults: Faults = {
  "no parameters": (host, site, entry) => {
    for (const lines of [host.http, site.lines, inner(entry).lines])
      for (const name of ["include", "fastcgi_param"]) drop(lines, name);
    return true;
  },
  "no script": (_host, _site, entry) => {
    const { lines } = inner(entry);
    for (const name of ["include", "fastcgi_param"]) drop(lines, name);
    lines.push("include fastcgi_params;");
    return true;
  },
  "form parameters left out": (_host, _site, entry, { pick }) => {
    const { lines } = inner(entry);
    const script = lines.find((one) => one.startsWith("fastcgi_param SCRIPT_FILENAME"));
    for (const name of ["include", "fastcgi_param"]) drop(lines, name);
    const without = pick(["QUERY_STRING", "CONTENT_LENGTH", "CONTENT_TYPE"]);
    lines.push(
      ...MANUAL.filter((one) => !one.includes(without)),
      script ?? "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;",
    );
    return true;
  },
  "an alias twice": (_host, _site, entry) => {
    if (!entry.blocks.some(({ lines }) => has(lines, "alias"))) return false;
    const { lines } = inner(entry);
    for (const name of ["include", "fastcgi_param"]) drop(lines, name);
    lines.push("include fastcgi.conf;");
    return true;
  },
  "a root elsewhere": (_host, site, entry) => {
    const taken = [...site.others, ...site.entries.flatMap((one) => one.blocks.map(({ head }) => head))];
    if (
      entry.blocks.length > 1 ||
      taken.some((text) => text.startsWith("location / ") || text === "location /")
    )
      return false;
    site.others.push(`location / {\n  root ${site.root};\n}`);
    site.root = "";
    return true;
  },
  "an unknown named location": (_host, site) => {
    const at = site.others.findIndex((text) => /try_files .*(@php|\$args);/.test(text));
    if (at === -1) return false;
    site.others[at] = (site.others[at] ?? "").replace(/\S+;/, "@nowhere;");
    return true;
  },
  "path info emptied": (_host, _site, entry, { pick }) => {
    if (!entry.uri.startsWith("/index.php/")) return false;
    // Whoever does not pass the rest of the path on does not want it.
    inner(entry).lines.push("fastcgi_param PATH_INFO $fastcgi_path_info;");
    inner(entry).lines.push(`try_files ${pick(["$uri", "$fastcgi_script_name"])} =404;`);
    return true;
  },
  "no method": (_host, _site, entry) => {
    const { lines } = inner(entry);
    const script = lines.find((one) => one.startsWith("fastcgi_param SCRIPT_FILENAME"));
    for (const name of ["include", "fastcgi_param"]) drop(lines, name);
    lines.push(
      script ?? "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;",
      "fastcgi_param QUERY_STRING $query_string;",
    );
    return true;
  },
  "parameters hidden": (_host, site, entry) => {
    const { lines } = inner(entry);
    for (const name of ["include", "fastcgi_param"]) drop(lines, name);
    lines.push("fastcgi_param HTTPS on;");
    if (!has(site.lines, "include")) site.lines.push("include fastcgi.conf;");
    return true;
  },
  "another directory": (_host, _site, entry, { pick }) => {
    const { lines } = inner(entry);
    for (const name of ["include", "fastcgi_param"]) drop(lines, name);
    const value = pick(["/scripts$fastcgi_script_name", "$fastcgi_script_name", '""', "$document_root"]);
    lines.push("include fastcgi_params;", `fastcgi_param SCRIPT_FILENAME ${value};`);
    return true;
  },
  "a second parameter": (_host, _site, entry) => {
    inner(entry).lines.push("fastcgi_param HTTPS on;");
    return true;
  },
};
