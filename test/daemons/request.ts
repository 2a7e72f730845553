import * as http from "node:http";
import type { Listen } from "./substitution.js";

export interface Request {
  readonly method?: "GET" | "HEAD" | "POST";
  readonly path: string;
  /** As in the fixture; the first one that answers when not given. */
  readonly port?: number;
  /** The `Host` header. */
  readonly host?: string;
  /** Bytes of a form body with one field. */
  readonly bodyBytes?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface Answer {
  /** `null`: the connection ended without a response, or none came in time. */
  readonly status: number | null;
  /** What arrived, also of a body that was cut off. */
  readonly body: string;
  readonly ms: number;
}

export function send(listen: Listen, request: Request): Promise<Answer> {
  const begun = Date.now();
  const bytes = request.bodyBytes ?? 0;
  const body = bytes > 0 ? `a=${"x".repeat(Math.max(0, bytes - 2))}` : "";
  const form = { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": String(body.length) };
  const method = request.method ?? (bytes > 0 ? "POST" : "GET");
  return new Promise((resolve) => {
    let status: number | null = null;
    let received = "";
    const end = (): void => resolve({ status, body: received, ms: Date.now() - begun });
    const sent = http.request({
      host: listen.host,
      port: listen.port,
      method,
      path: request.path,
      agent: false,
      timeout: request.timeoutMs ?? 60_000,
      headers: { Host: request.host ?? "localhost", ...(method === "POST" ? form : {}), ...request.headers },
    });
    sent.once("timeout", () => sent.destroy());
    // An error after the response began is how a cut-off answer looks; what came still counts.
    sent.on("error", end);
    sent.once("response", (response) => {
      status = response.statusCode ?? null;
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        received += text;
      });
      response.once("error", end);
      response.once("close", end);
    });
    sent.end(body);
  });
}
