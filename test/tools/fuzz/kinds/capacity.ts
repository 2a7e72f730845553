import type { Random } from "../../reality/random.js";
import { type Draw, mutateFiles, mutateText } from "../case.js";
import { file } from "../tree.js";
import { HUGE_NUMBERS, PROTOTYPE_NAMES, WORKFLOW_COMMANDS } from "../words.js";

const POOL_NAMES = ["www", "shop", "blog"];

/** An option with words that are nearly always right. */
function option(name: string, values: readonly string[], random: Random, pool = false): readonly string[] {
  const odd = [...HUGE_NUMBERS, ...PROTOTYPE_NAMES, ...WORKFLOW_COMMANDS, ""];
  const value = random.pick(random.chance(0.04) ? odd : values);
  const names = random.chance(0.03) ? PROTOTYPE_NAMES : POOL_NAMES;
  return [`--${name}=${pool ? `${random.pick(names)}=` : ""}${value}`];
}

function words(random: Random): readonly string[] {
  const some = (chance: number, ...args: Parameters<typeof option>) =>
    random.chance(chance) ? option(...args) : [];
  const whatIf = random.chance(0.1);
  const rate = random.chance(0.25);
  const changes = whatIf
    ? []
    : random.chance(0.55)
      ? ["--write", ...(random.chance(0.5) ? ["--accept-guess"] : [])]
      : random.chance(0.5)
        ? ["--diff"]
        : [];
  return [
    ...(whatIf
      ? option("what-if", ["2G,4G", "1G,2G,4G,64G", "512M"], random)
      : option("ram", ["1G", "4G", "8G", "600M", "64G", "1T"], random)),
    ...some(0.7, "worker-size", ["60M", "20M", "300M", "1M"], random),
    ...some(0.2, "worker-size", ["60M", "20M", "300M"], random, true),
    ...some(0.3, "reserve", ["500M", "0", "1G"], random),
    ...some(0.3, "headroom", ["20%", "0", "50%", "0%"], random),
    ...some(0.2, "shared", ["128M", "0"], random),
    ...some(0.2, "weight", ["3", "1", "0.5"], random, true),
    ...some(0.2, "cores", ["4", "1", "64"], random),
    ...some(0.2, "cpu-share", ["30%", "100%", "1%"], random),
    ...(rate
      ? [...option("rate", ["40/s", "1200/min", "1/h"], random), ...option("mean", ["250ms", "1.5s"], random)]
      : []),
    ...(rate ? some(0.4, "p95", ["900ms", "3s"], random) : []),
    ...(random.chance(0.3) && changes[0] !== "--diff" ? ["--format", "json"] : []),
    ...changes,
  ];
}

function poolText(name: string, random: Random): string {
  const manager = random.pick(["static", "dynamic", "ondemand"]);
  const spare = "pm.start_servers = 2\npm.min_spare_servers = 1\npm.max_spare_servers = 3\n";
  const lines = [
    `listen = /run/php/${name}.sock`,
    `pm = ${manager} ; how`,
    `pm.max_children = ${random.int(1, 90)}`,
    ...(manager === "dynamic" ? [spare] : []),
    ...(random.chance(0.3) ? ["pm.max_requests = 500", ";pm.max_spawn_rate = 32"] : []),
  ];
  return `[${name}]\nuser = www-data\n${lines.join(random.chance(0.9) ? "\n" : "\r\n")}${random.chance(0.8) ? "\n" : ""}`;
}

/** `fpmlint capacity` with any options on changed pools; `--write` changes them. */
export const capacity: Draw = (random, { fixtures }) => {
  const tree = random.chance(0.4) ? fixtures.pick(random) : new Map();
  if (tree.size === 0 || random.chance(0.2)) {
    const limit = random.chance(0.4) ? `process.max = ${random.int(1, 60)}\n` : "";
    tree.set(
      "etc/php/8.2/fpm/php-fpm.conf",
      file(`[global]\n${limit}include=/etc/php/8.2/fpm/pool.d/*.conf\n`),
    );
    for (const name of POOL_NAMES.slice(0, random.int(1, 3)))
      tree.set(`etc/php/8.2/fpm/pool.d/${name}.conf`, file(poolText(name, random)));
  }
  if (random.chance(0.6)) mutateFiles(tree, random, mutateText, (path) => /php|fpm/.test(path));
  return { tree, run: { kind: "capacity", words: [".", ...words(random)] }, stdin: "" };
};
