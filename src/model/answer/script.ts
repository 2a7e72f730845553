import type { Choices } from "../request/resolve/choices.js";

/** The script that a request's parameters name, as FPM finds it before it opens anything. */

export interface Found {
  /** The script's path; `null`: there is none, and FPM answers 404 `File not found.` */
  readonly script: string | null;
  /** What FPM takes for SCRIPT_NAME, and compares with its status pages; `null`: nothing was sent. */
  readonly name: string | null;
  /** The parameters with what FPM changed. */
  readonly server: ReadonlyMap<string, string | null>;
  /** No file was found on the way back, and FPM has noted 404. */
  readonly lost: boolean;
}

/** `docRoot`: what PHP's doc_root says; empty: nothing. `params`: by name, the last of several. A value that is needed must be known. */
export function findScript(
  params: ReadonlyMap<string, string | null>,
  fixesPathInfo: boolean,
  docRoot: string,
  files: Pick<Choices, "isKind">,
): Found {
  const written = params.get("SCRIPT_FILENAME") ?? params.get("PATH_TRANSLATED") ?? null;
  const name = params.get("SCRIPT_NAME") ?? null;
  if (written === null) return { script: null, name: null, server: params, lost: false };
  if (!fixesPathInfo) {
    const translated = params.get("PATH_TRANSLATED") ?? written;
    return { script: valid(translated), name: params.get("PATH_INFO") ?? name, server: params, lost: false };
  }
  // Where nginx sends none, PHP's doc_root stands in.
  if (!params.has("DOCUMENT_ROOT") && docRoot !== "")
    return findScript(new Map(params).set("DOCUMENT_ROOT", docRoot), true, "", files);
  const exists = !written.endsWith("/") && files.isKind(written, ["file", "directory"]);
  if (!exists) return walked(params, written, files);
  const server = params.has("SCRIPT_FILENAME") ? params : new Map(params).set("SCRIPT_FILENAME", written);
  return { script: valid(written), name, server, lost: false };
}

/** Goes back from slash to slash until there is a file: the rest is the path after the script. */
function walked(
  params: ReadonlyMap<string, string | null>,
  written: string,
  files: Pick<Choices, "isKind">,
): Found {
  const server = new Map(params);
  const name = params.get("SCRIPT_NAME") ?? null;
  for (let end = written.lastIndexOf("/"); end !== -1; end = written.lastIndexOf("/", end - 1)) {
    const script = written.slice(0, end);
    if (script !== "" && !script.endsWith("/") && files.isKind(script, ["file"]))
      return rewritten(server, written, script, name);
    if (end === 0) break;
  }
  if (params.has("SCRIPT_FILENAME")) server.set("ORIG_SCRIPT_FILENAME", written);
  server.delete("SCRIPT_FILENAME");
  return { script: null, name, server, lost: true };
}

function rewritten(
  server: Map<string, string | null>,
  written: string,
  script: string,
  name: string | null,
): Found {
  const sent = server.get("PATH_INFO") ?? null;
  const rest = written.length - script.length;
  // A PATH_INFO that is longer than what follows the script still has the script in it.
  const info = sent !== null && sent.length > rest ? sent.slice(sent.length - rest) : sent;
  let shown = name;
  if (sent !== null && info !== sent) {
    server.set("ORIG_PATH_INFO", sent);
    const front = sent.slice(0, sent.length - rest);
    if (name !== front) {
      if (name !== null) server.set("ORIG_SCRIPT_NAME", name);
      server.set("SCRIPT_NAME", front);
      shown = front;
    }
  }
  if (info === null) server.delete("PATH_INFO");
  else server.set("PATH_INFO", info);
  const before = server.get("SCRIPT_FILENAME");
  if (before !== undefined && before !== script) server.set("ORIG_SCRIPT_FILENAME", before);
  server.set("SCRIPT_FILENAME", script);
  translated(server, script, name, info);
  return { script: valid(script), name: shown, server, lost: false };
}

function translated(
  server: Map<string, string | null>,
  script: string,
  name: string | null,
  info: string | null,
): void {
  const root = server.get("DOCUMENT_ROOT");
  const before = server.get("PATH_TRANSLATED");
  if (typeof root === "string") {
    if (before !== undefined) server.set("ORIG_PATH_TRANSLATED", before);
    server.set("PATH_TRANSLATED", root.replace(/\/$/, "") + (info ?? ""));
  } else if (name !== null && script.includes(name)) {
    if (before !== undefined) server.set("ORIG_PATH_TRANSLATED", before);
    server.set("PATH_TRANSLATED", script.slice(0, script.length - name.length) + (info ?? ""));
  }
}

/** `null`: FPM opens no path with `..` in it. */
function valid(path: string): string | null {
  return path.split(/[/\\]/).includes("..") ? null : path;
}
