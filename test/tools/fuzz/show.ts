import { decodeBytes } from "../../../src/source/bytes.js";
import type { FuzzCase } from "./case.js";
import type { TreeNode } from "./tree.js";

const MOST = 600;

/** A case for people: how it is run, then its files. Every odd character is an escape of JSON. */
export function shownCase({ tree, run, stdin }: FuzzCase): string {
  const how =
    run.kind === "lint"
      ? [...option("nginx-version", run.nginxVersion), ...option("php-version", run.phpVersion), ...run.paths]
      : [run.kind, ...run.words];
  const files = [...tree].map(([path, node]) => `    ${quoted(path)}: ${shownNode(node)}`);
  const shown = files.length > 8 ? [...files.slice(0, 8), `    and ${files.length - 8} more`] : files;
  const input = stdin === "" ? [] : [`    standard input: ${quoted(stdin)}`];
  return [`    fpmlint ${how.map(quoted).join(" ")}`, ...shown, ...input].join("\n");
}

function option(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`--${name}`, value];
}

function shownNode(node: TreeNode): string {
  switch (node.kind) {
    case "file": {
      const mode = node.mode === undefined ? "" : ` mode ${node.mode.toString(8)}`;
      return quoted(decodeBytes(node.bytes)) + mode;
    }
    case "link":
      return `-> ${quoted(node.target)}`;
    case "directory":
      return `directory${node.mode === undefined ? "" : ` mode ${node.mode.toString(8)}`}`;
    case "fifo":
      return "FIFO";
  }
}

function quoted(text: string): string {
  const cut = text.length > MOST ? `${text.slice(0, MOST)}… (${text.length})` : text;
  return JSON.stringify(cut).replace(/[^ -~…]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
