import { request } from "./bench.js";
import { ask, type Observation, type Observed, shown } from "./observation.js";

/**
 * What nginx's cache gives to whom. A script of the fixture prints `site:`, `scheme:` and `uri:` of the
 * request that PHP answered.
 */
export const cacheObservations: Readonly<Record<string, Observation>> = {
  "page-of-another-address": async (running) => {
    await ask(running, { path: "/one", host: "shop.example.com" });
    const answer = await ask(running, { path: "/two", host: "shop.example.com" });
    return { seen: answer.body.endsWith("uri:/one"), saw: shown(answer) };
  },
  "page-of-another-host": async (running) => {
    await ask(running, { path: "/pages", host: "one.example.com" });
    const answer = await ask(running, { path: "/pages", host: "two.example.com" });
    return { seen: /^site:one\b/.test(answer.body), saw: shown(answer) };
  },
  "empty-after-head": async (running) => {
    await ask(running, { method: "HEAD", path: "/head", host: "shop.example.com" });
    const answer = await ask(running, { path: "/head", host: "shop.example.com" });
    return { seen: answer.status === 200 && answer.body === "", saw: shown(answer) };
  },
  "page-of-another-scheme": async (running): Promise<Observed> => {
    await ask(running, { path: "/scheme", host: "front.example.com" });
    const answer = await ask(running, { path: "/scheme", host: "shop.example.com" });
    return { seen: answer.body.includes("scheme:https"), saw: shown(answer) };
  },
  /** A script of the fixture prints the cookie and the time. */
  "stored-with-a-cookie": async (running) => {
    const shop = { path: "/index.php?a=2", host: "shop.example.com" };
    await request(running, { ...shop, headers: { Cookie: "session=mine" } });
    const answer = await ask(running, shop);
    return { seen: answer.body.includes("cookie:mine"), saw: shown(answer) };
  },
  "asked-each-time": async (running) => {
    const shop = { path: "/index.php?a=3", host: "shop.example.com" };
    const [first, second] = [await ask(running, shop), await ask(running, shop)];
    return {
      seen: second.status === 200 && first.body !== second.body,
      saw: `${shown(first)}; ${shown(second)}`,
    };
  },
};
