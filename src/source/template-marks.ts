/** What one piece of template language means, by its brackets and its first words. */
import { withoutEnd } from "./ends.js";

export interface MarkMeaning {
  /**
   * `value`: stands for text. `gap`: brings other text in. `open`, `else`, `close`: a condition, a
   * loop or a named part. `quiet`: renders nothing. `whole`: the file is a set of parts for another one.
   */
  readonly kind: "value" | "gap" | "open" | "else" | "close" | "quiet" | "whole";
  /** Marks of one language go together. */
  readonly family: "tag" | "curly" | "section" | "code" | "line" | "element";
  /** What must be the same in the opening and the closing mark; `null`: any. */
  readonly name: string | null;
  readonly body: "maybe" | "always" | "elsewhere";
  /** A plain `else`, after which nothing is left. */
  readonly last: boolean;
  /** Rendered any number of times. */
  readonly loop: boolean;
  /** `{{^x}}`. */
  readonly inverted: boolean;
}

type Parts = Partial<MarkMeaning> & Pick<MarkMeaning, "kind">;

function meaning(family: MarkMeaning["family"], parts: Parts): MarkMeaning {
  return { family, name: null, body: "maybe", last: false, loop: false, inverted: false, ...parts };
}

const ELSE = /^(?:else|elif|elsif|elseif|elseunless|when|rescue|empty)\b/;
const LOOP = /^(?:for|foreach|each|while|until|range|loop|tablerow)\b/;

export function describeMark(raw: string): MarkMeaning {
  if (raw.startsWith("{{")) return curly(raw);
  if (raw.startsWith("{%")) return tag(inside(raw, /^\{%[-+~]?/, /[-+~]?%\}$/));
  if (raw.startsWith("{#")) return meaning("tag", { kind: "quiet" });
  if (raw.startsWith("<%")) return raw.startsWith("<%=") ? VALUE : code(inside(raw, /^<%[-~]?/, /[-~]?%>$/));
  if (raw.startsWith("<?"))
    return raw.startsWith("<?=") ? VALUE : code(inside(raw.slice(0, -2).trimEnd(), /^<\?(?:php)?/i, /;$/));
  if (/^[<{]\/?tmpl_/.test(raw)) return element(raw);
  if (/^%[ \t]*[a-z]/.test(raw) && !/^%\w+%/.test(raw)) return line(raw.replace(/^%[ \t]*/, ""));
  if (/^@[a-z]+\b(?!@)/.test(raw)) return line(raw.slice(1));
  return VALUE;
}

const VALUE = meaning("curly", { kind: "value" });

function inside(raw: string, open: RegExp, close: RegExp): string {
  return raw.replace(open, "").replace(close, "").trim();
}

/** `{{ … }}`: Go, Jinja's values, mustache and Handlebars. */
function curly(raw: string): MarkMeaning {
  const inner = inside(withoutEnd(raw, "}"), /^\{\{\{?[-~]?/, /[-~]$/);
  const [, sign = "", word = ""] = /^([#^/>!]?)\s*([\w.@-]*)/.exec(inner) ?? [];
  if (sign === "#") return meaning("section", { kind: "open", name: word, loop: word === "each" });
  if (sign === "^") {
    return word === ""
      ? meaning("section", { kind: "else", last: true })
      : meaning("section", { kind: "open", name: word, inverted: true });
  }
  if (inner.startsWith("/*") || raw.startsWith("{{--") || sign === "!" || inner.startsWith("="))
    return meaning("curly", { kind: "quiet" });
  if (sign === "/") return meaning("section", { kind: "close", name: word });
  if (sign === ">") return meaning("curly", { kind: "gap" });
  if (/^else\b/.test(inner)) return meaning("curly", { kind: "else", last: inner === "else" });
  if (inner === "end") return meaning("curly", { kind: "close", name: "end" });
  const opens = /^(if|with|range|block|define|unless)\s+[^\s|]/.exec(inner)?.[1];
  if (opens !== undefined) {
    const body = opens === "define" ? "elsewhere" : opens === "block" ? "always" : "maybe";
    return meaning("curly", { kind: "open", name: "end", body, loop: opens === "range" });
  }
  if (/^(?:template|include|partial)\s+["'`]/.test(inner)) return meaning("curly", { kind: "gap" });
  if (/^\$\w+(?:\s*,\s*\$\w+)?\s*:?=[^=]/.test(inner) || /^(?:break|continue)$/.test(inner))
    return meaning("curly", { kind: "quiet" });
  // What tools put at the top of a file is a comment.
  return /\bansible_managed\b/.test(inner) || /\|\s*comment\b/.test(inner)
    ? meaning("curly", { kind: "quiet" })
    : VALUE;
}

const ALWAYS = new Set(["block", "filter", "with", "autoescape", "raw", "verbatim", "spaceless", "trans"]);
const ELSEWHERE = new Set(["macro", "call", "set", "capture", "comment", "assign"]);

/** `{% … %}`: Jinja, Twig, Liquid. Whether a word opens anything is told by its end. */
function tag(inner: string): MarkMeaning {
  const word = /^\w+/.exec(inner)?.[0] ?? "";
  if (word === "end") return meaning("tag", { kind: "close" });
  if (word.startsWith("end")) return meaning("tag", { kind: "close", name: word.slice(3) });
  if (ELSE.test(word)) return meaning("tag", { kind: "else", last: inner === "else" });
  if (word === "extends") return meaning("tag", { kind: "whole" });
  if (word === "include" || word === "render" || word === "embed") return meaning("tag", { kind: "gap" });
  if (word === "set" && /^set\s[^=]*=/.test(inner)) return meaning("tag", { kind: "quiet" });
  const body = ALWAYS.has(word) ? "always" : ELSEWHERE.has(word) ? "elsewhere" : "maybe";
  return meaning("tag", { kind: "open", name: word, body, loop: LOOP.test(word) });
}

/** `<% … %>` and `<?php … ?>`: the words of Ruby, Puppet, JavaScript, PHP. */
function code(inner: string): MarkMeaning {
  if (inner.startsWith("#") || inner.startsWith("//")) return meaning("code", { kind: "quiet" });
  if (/^\}\s*else/.test(inner))
    return meaning("code", { kind: "else", name: "}", last: !/^\}\s*els\w*\s*if|^\}\s*elsif/.test(inner) });
  if (inner.startsWith("}")) return meaning("code", { kind: "close", name: "}" });
  if (/^end\w+\s*;?$/.test(inner)) return meaning("code", { kind: "close", name: ":" });
  if (/^end\b/.test(inner)) return meaning("code", { kind: "close", name: "end" });
  if (ELSE.test(inner)) return meaning("code", { kind: "else", last: /^else\s*:?$/.test(inner) });
  if (/^(?:echo|print)\b/.test(inner)) return VALUE;
  if (/^(?:include|require|import|render|partial)\b/.test(inner)) return meaning("code", { kind: "gap" });
  const loop = LOOP.test(inner) || /\beach\b|\btimes\b/.test(inner);
  if (/\{(?:\s*\|[^|]*\|)?\s*$/.test(inner)) return meaning("code", { kind: "open", name: "}", loop });
  if (/:\s*$/.test(inner)) return meaning("code", { kind: "open", name: ":", loop });
  const opens =
    /\bdo(?:\s*\|[^|]*\|)?\s*$/.test(inner) || /^(?:if|unless|for|while|until|case|begin)\b/.test(inner);
  return meaning(
    "code",
    opens && !/\bend\s*$/.test(inner) ? { kind: "open", name: "end", loop } : { kind: "quiet" },
  );
}

/** `% if x:` and `@if ($x)`. */
function line(inner: string): MarkMeaning {
  const word = /^\w+/.exec(inner)?.[0] ?? "";
  if (word.startsWith("end")) return meaning("line", { kind: "close", name: word.slice(3) });
  if (ELSE.test(word)) return meaning("line", { kind: "else", last: word === "else" });
  return meaning("line", { kind: "open", name: word, loop: LOOP.test(word) });
}

/** `<tmpl_if name="x">` … `</tmpl_if>`. */
function element(raw: string): MarkMeaning {
  const [, slash = "", word = ""] = /^[<{](\/?)tmpl_(\w+)/.exec(raw) ?? [];
  if (slash !== "") return meaning("element", { kind: "close", name: word });
  if (ELSE.test(word)) return meaning("element", { kind: "else", last: word === "else" });
  if (word === "include") return meaning("element", { kind: "gap" });
  if (word === "var") return VALUE;
  if (word === "hook") return meaning("element", { kind: "gap" });
  return meaning("element", { kind: "open", name: word, loop: word === "loop" });
}
