import { lookup } from "node:dns/promises";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { asAccount } from "../../host/as-account.js";
import { codeOf } from "../../host/system-error.js";
import { nginxIdentity } from "../../live/accounts.js";
import type { AnswerFacts, Identity, MachineFacts, NameFacts, PageFacts } from "../../live/facts.js";
import { addressKey, phpTargets, wantedNames } from "../../live/places.js";
import type { Asked } from "../../live/read-facts.js";
import { poolPages, readStatus } from "../../live/status-page.js";
import type { Address } from "../../model/address/address.js";
import type { Host } from "../../model/host.js";
import { uniqueBy } from "../../source/collect.js";
import { askPage, askValues, onThisMachine } from "../fastcgi.js";

/** For a connection with its answer, in milliseconds. */
const PATIENCE = 1000;

/** More addresses, pools and names than these are not asked: a machine with thousands is not to be kept busy. */
const MOST = 64;

/** Connects to the addresses that the files name, and to no other: one question each, and the pages that pools have. */
export async function askMachine(host: Host, facts: MachineFacts): Promise<Asked> {
  const account = nginxIdentity(host, facts.nginx);
  const targets = uniqueBy(
    phpTargets(host).map(({ address }) => address),
    addressKey,
  ).slice(0, MOST);
  const names = Promise.all(
    wantedNames(host)
      .slice(0, MOST)
      .map(({ name }) => lookUp(name)),
  );
  const answers: AnswerFacts[] = [];
  // One after the other, so that no pool is asked twice at a time.
  for (const address of targets) answers.push(await answerOf(address, account));
  return { answers, pages: await askPages(host, answers), names: await names };
}

async function answerOf(address: Address, account: Identity | null): Promise<AnswerFacts> {
  const to =
    address.kind === "unix"
      ? { path: address.path }
      : (onThisMachine(address) ?? { host: address.host, port: address.port ?? 0 });
  let asNginx = false;
  const open = () => {
    // Only a Unix socket asks who connects.
    const tried = address.kind === "unix" && account !== null ? asAccount(account, () => connect(to)) : null;
    asNginx = tried !== null;
    return tried?.value ?? connect(to);
  };
  const first = await askValues(open, PATIENCE);
  // A worker that was just started may need longer on a machine that is busy.
  const { problem, values } = first.values === "silent" ? await askValues(open, PATIENCE) : first;
  return { address, problem, asNginx, values };
}

/** Of a pool that answered; a status page with a socket of its own answers also when all workers are busy. */
async function askPages(host: Host, answers: readonly AnswerFacts[]): Promise<readonly PageFacts[]> {
  const free = new Set(
    answers.flatMap(({ address, values }) => (values === "answered" ? [addressKey(address)] : [])),
  );
  const found: PageFacts[] = [];
  for (const { pool, key, path, address, listen, response } of poolPages(host).slice(0, MOST)) {
    const own = listen !== null && addressKey(listen) === addressKey(address);
    if (own && !free.has(addressKey(address))) continue;
    const text = await pageAt(address, path, response === null ? "json&full" : "");
    const status = text === null || response !== null ? null : readStatus(text, path);
    const right = response === null ? status !== null : text?.trim() === response;
    found.push({ pool, key, path, state: text === null ? "silent" : right ? "answered" : "other", status });
  }
  return found;
}

async function pageAt(address: Address, path: string, query: string): Promise<string | null> {
  const to = onThisMachine(address);
  return to === null ? null : askPage(to, path, query, PATIENCE);
}

async function lookUp(name: string): Promise<NameFacts> {
  const asked = lookup(name, { all: true }).then(
    (found): NameFacts => ({ name, problem: null, addresses: found.map(({ address }) => address) }),
    (error: unknown): NameFacts => ({ name, problem: codeOf(error), addresses: [] }),
  );
  const late = setTimeout(PATIENCE, { name, problem: "TIMEOUT", addresses: [] }, { ref: false });
  return Promise.race([asked, late]);
}
