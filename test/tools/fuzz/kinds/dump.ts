import { type Draw, mutateText, textAt, versions } from "../case.js";
import { filesIn } from "../tree.js";

/** The output of `nginx -T` on standard input, alone or with the tree for PHP-FPM's half. */
export const dump: Draw = (random, { fixtures }) => {
  const tree = fixtures.pick(random);
  const files = filesIn(tree).filter((path) => path.includes("nginx"));
  const mains = files.filter((path) => path.endsWith("nginx.conf"));
  const said = "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n";
  const text = [...mains, ...files.filter((path) => !mains.includes(path))]
    .map((path) => `# configuration file /${path}:\n${textAt(tree, path)}\n`)
    .join("");
  const whole = (random.chance(0.3) ? said : "") + text;
  const stdin = random.chance(0.9) ? mutateText(whole, random) : whole.slice(0, random.int(0, whole.length));
  const paths = random.chance(0.6) ? ["-"] : random.chance(0.9) ? ["-", "."] : [".", "-", "-"];
  return { tree, run: { kind: "lint", paths, ...versions(random) }, stdin };
};
