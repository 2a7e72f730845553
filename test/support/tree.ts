import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { rules } from "../../rules/index.js";
import type { LintResult } from "../../src/engine/finding.js";
import { type LintOptions, type LintOutcome, lintWith } from "../../src/lint.js";
import { validators } from "../../src/validators.js";

/** Trees of a few files on the disk, each test in a directory of its own, linted with all rules. */

export interface Tree {
  /** The directory, empty when a test begins. */
  readonly top: () => string;
  /** Texts by path. */
  readonly put: (files: Readonly<Record<string, string>>) => void;
  readonly link: (target: string, path: string) => void;
  readonly outcome: (paths: readonly string[], options?: Partial<LintOptions>) => LintOutcome;
  /** Of paths that are linted. */
  readonly lint: (paths: readonly string[], options?: Partial<LintOptions>) => LintResult;
}

/** To be called once in a test file whose tests run one after another. */
export function tree(): Tree {
  let top = "";
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), "fpmlint-tree-"));
  });
  afterEach(() => {
    rmSync(top, { recursive: true, force: true });
  });
  return treeIn(() => top);
}

/** Does the work with a tree of its own. */
export async function withTree(work: (tree: Tree) => void | Promise<void>): Promise<void> {
  const top = mkdtempSync(join(tmpdir(), "fpmlint-tree-"));
  try {
    await work(treeIn(() => top));
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

function treeIn(top: () => string): Tree {
  const at = (path: string): string => {
    const whole = join(top(), path);
    mkdirSync(dirname(whole), { recursive: true });
    return whole;
  };
  const outcome: Tree["outcome"] = (paths, options = {}) =>
    lintWith(rules, validators, { paths, workingDirectory: top(), ...options });
  return {
    top,
    put: (files) => {
      for (const [path, text] of Object.entries(files)) writeFileSync(at(path), text);
    },
    link: (target, path) => symlinkSync(target, at(path)),
    outcome,
    lint: (paths, options) => {
      const answer = outcome(paths, options);
      if (answer.kind === "refused") throw new Error(answer.refusal.message);
      return answer.result;
    },
  };
}

/** What makes the exit status 3, as reports print it. */
export function unreadIn(result: LintResult): readonly string[] {
  return result.summary.incomplete
    .filter(({ fatal }) => fatal)
    .map(({ file, reason }) => `${file}: ${reason}`);
}

/** A host of Debian's layout without a finding, its accounts included. */
export const DEBIAN: Readonly<Record<string, string>> = {
  "etc/passwd": "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\n",
  "etc/group": "root:x:0:\nwww-data:x:33:\n",
  "etc/nginx/nginx.conf": "user www-data;\nevents {}\nhttp {\n  include /etc/nginx/sites-enabled/*;\n}\n",
  "etc/nginx/sites-enabled/a": "server { listen 80; root /srv/a; }\n",
  "etc/php/8.2/fpm/php-fpm.conf": "[global]\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n",
  "etc/php/8.2/fpm/pool.d/www.conf":
    "[www]\nuser = www-data\nlisten = /run/php/www.sock\nlisten.owner = www-data\npm = static\npm.max_children = 2\n",
  "etc/php/8.2/fpm/php.ini": "memory_limit = 64M\n",
};
