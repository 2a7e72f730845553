import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { busySizeInvalid } from "../../rules/buffer/busy-size-invalid.js";
import { rules } from "../../rules/index.js";
import type { Rule } from "../../src/engine/rule.js";
import { memoryHost } from "../build/hosts.js";
import { describeProofs, nginxCommand } from "../daemons/available.js";
import { sample, size } from "../support/sample.js";
import { CONTEXTS, line, placed, type Sample, samples, ZONES } from "./support/samples.js";

/**
 * Every directive of the facts that the installed nginx has, against `nginx -t`: a value that it
 * takes, too few and too many arguments, values of a wrong kind, the line twice, and each context.
 */

interface Probe {
  readonly title: string;
  readonly text: string;
}

const judging: readonly Rule[] = [...rules.filter(({ id }) => id.startsWith("nginx/")), busySizeInvalid];

function verdict(text: string, version: string): readonly string[] {
  const files = { "/etc/nginx/nginx.conf": text, "/etc/passwd": PASSWD, "/etc/group": GROUP };
  const host = memoryHost(files, {}, { nginxVersion: version });
  return judging.flatMap((rule) =>
    [...rule.check(host, {} as never)]
      .filter((report) => rule.cases[report.case]?.severity !== "info")
      .map((report) => `${rule.id}: ${report.message}`),
  );
}

const PASSWD = "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/sh\n";
const GROUP = "root:x:0:\nwww-data:x:33:\n";

/** What nginx prints after `[emerg]`, `null` when it accepts. */
function ask(directory: string, text: string): Promise<string | null> {
  const file = join(directory, "nginx.conf");
  writeFileSync(file, text);
  const args = ["-t", "-c", file, "-p", directory, "-e", "stderr", "-g", `pid ${directory}/pid;`];
  return new Promise((resolve) => {
    execFile(nginxCommand ?? "nginx", args, { encoding: "utf8" }, (error, _, stderr) => {
      const said = /\[(?:emerg|crit|alert)\] (?:\d+#\d+: )?(.*)/.exec(stderr)?.[1];
      resolve(error === null ? null : (said ?? stderr));
    });
  });
}

/** In as many directories at a time as there are processors. */
async function askAll(home: string, texts: readonly string[]): Promise<readonly (string | null)[]> {
  const answers: (string | null)[] = [];
  let next = 0;
  const worker = async (number: number): Promise<void> => {
    const directory = join(home, String(number));
    mkdirSync(join(directory, "logs"), { recursive: true });
    for (let at = next++; at < texts.length; at = next++) answers[at] = await ask(directory, texts[at] ?? "");
  };
  await Promise.all(Array.from({ length: availableParallelism() }, (_, number) => worker(number)));
  return answers;
}

const WRONG = ["", "zz", "-1", "1.5", "1g", "1M", "99999999999999999999", "$", "~("];

function probes(sample: Sample): readonly Probe[] {
  const { name, contexts, counts, args } = sample;
  const [home = "m"] = contexts.includes("l") ? "l" : contexts;
  const at = (title: string, given: string, context = home): Probe => ({
    title: `${name}: ${title}`,
    text: placed(context, line(sample, given), ZONES),
  });
  const words = args.split(" ").filter((word) => word !== "");
  const swapped = words.flatMap((_, index) =>
    WRONG.map((value) => {
      const given = words.map((word, other) => (other === index ? (value === "" ? '""' : value) : word));
      return at(`argument ${index + 1} is ${JSON.stringify(value)}`, given.join(" "));
    }),
  );
  const twice = [...contexts].map((context) => ({
    title: `${name}: twice in ${context}`,
    text: placed(context, `${line(sample, args)}\n${line(sample, args)}`, ZONES),
  }));
  return [
    ...[...CONTEXTS].map((context) => at(`in ${context}`, args, context)),
    ...(counts.startsWith("0") ? [] : [at("without arguments", "")]),
    ...(counts.endsWith("+") ? [] : [at("with more arguments", `${args} zz zz zz zz`)]),
    ...swapped,
    ...twice,
  ];
}

/** What nginx refuses and no file can show: names to look up, platforms, files, memory. */
const OUTSIDE =
  /^host not found|unsupported on this platform|failed \(\d+: |_by_id|cannot load|^unknown directive|test failed|^could not build|no memory|event type/;

describeProofs("nginx -t agrees about every directive", (proof) => {
  proof("of main, events, http, server, location and upstream", async () => {
    const home = mkdtempSync("/tmp/fl-directives-");
    try {
      writeFileSync(join(home, "empty"), "");
      const version = await nginxVersion();
      const all = samples().map((one) => ({ ...one, args: one.args.replaceAll("DIR", home) }));
      const plain = await askAll(
        home,
        all.map((one) => placed(one.contexts.charAt(0), line(one, one.args), ZONES)),
      );
      const known = all.filter((_, index) => plain[index]?.startsWith("unknown directive") !== true);
      const tried = sample(known, size(known.length), "directives").flatMap(probes);
      const said = await askAll(
        home,
        tried.map(({ text }) => text),
      );
      const wrong = tried.flatMap(({ title, text }, index) => {
        const [nginx, ours] = [said[index] ?? null, verdict(text, version)];
        if ((nginx !== null && OUTSIDE.test(nginx)) || (nginx === null) === (ours.length === 0)) return [];
        return [`${title}: nginx ${nginx ?? "accepts it"}; we ${ours.join(" | ") || "are silent"}`];
      });
      process.stdout.write(
        `${known.length} directives, ${tried.length} texts; not in this nginx: ${all.length - known.length}\n`,
      );
      expect(wrong).toEqual([]);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

function nginxVersion(): Promise<string> {
  return new Promise((resolve) => {
    execFile(nginxCommand ?? "nginx", ["-v"], (_error, _stdout, stderr) => {
      resolve(/nginx\/(\d+\.\d+\.\d+)/.exec(stderr)?.[1] ?? "");
    });
  });
}
