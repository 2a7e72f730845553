import * as http from "node:http";
import type { Listen } from "../../daemons/substitution.js";

/** One request that was answered; all are seconds, on the clock that nobody sets. */
export interface Sample {
  readonly sent: number;
  /** From the first line of the script to its last: a little more than it was told to sleep. */
  readonly service: number;
  /** From sending to the first line of the script. */
  readonly delay: number;
}

/** `null`: a request that got another status than 200, or none. */
export type Send = (service: number) => Promise<Sample | null>;

export interface Door {
  readonly send: Send;
  close(): void;
}

/** Requests for one pool, over connections to nginx that are kept. */
export function door({ host, port }: Listen, pool: string): Door {
  const agent = new http.Agent({ keepAlive: true });
  const send: Send = (wanted) =>
    new Promise((resolve) => {
      const path = `/${pool}?us=${Math.round(wanted * 1e6)}`;
      const sent = process.hrtime.bigint();
      const request = http.get({ agent, host, port, path }, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          body += text;
        });
        response.once("close", () => resolve(response.statusCode === 200 ? sampleOf(sent, body) : null));
      });
      request.once("error", () => resolve(null));
    });
  return { send, close: () => agent.destroy() };
}

function sampleOf(sent: bigint, body: string): Sample | null {
  const [, begun, ended] = /^(\d+) (\d+)$/.exec(body) ?? [];
  if (begun === undefined || ended === undefined) return null;
  const seconds = (nanos: bigint): number => Number(nanos) / 1e9;
  return {
    sent: seconds(sent),
    service: seconds(BigInt(ended) - BigInt(begun)),
    delay: seconds(BigInt(begun) - sent),
  };
}

export interface Traffic {
  /** Seconds between two requests, and seconds that one takes. */
  readonly gap: () => number;
  readonly service: () => number;
  /** No request begins after so many seconds. */
  readonly length: number;
}

/**
 * Sends at the times that are drawn, whether or not earlier requests have been answered: people do
 * not wait for each other. Ends when all are answered, in the order in which they were sent.
 */
export async function drive(
  send: Send,
  { gap, service, length }: Traffic,
): Promise<readonly (Sample | null)[]> {
  const begun = performance.now() / 1000;
  const answers: Promise<Sample | null>[] = [];
  for (let due = begun + gap(); due < begun + length; due += gap()) {
    const early = due - performance.now() / 1000;
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early * 1000));
    answers.push(send(service()));
  }
  return Promise.all(answers);
}
