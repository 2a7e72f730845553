/** Names of template files (`www.conf.j2` is deployed as `www.conf`), and texts that look filled in. */

/** Endings that template languages and their tools give to files. */
const SUFFIX =
  /(?<=[^/])\.(?:j2|jinja|jinja2|erb|epp|ejs|tmpl|tpl|stpl|templ|template|gotmpl|gotpl|ctmpl|mustache|hbs|handlebars|twig|liquid|njk|mako|envsubst|in|master)$/i;

/** The name, or path, under which a template is deployed; any other name as it is. */
export function deployedName(name: string): string {
  return name.replace(SUFFIX, "");
}

export function isTemplateName(name: string): boolean {
  return SUFFIX.test(name);
}

/** What a text is, and so which signs are ordinary in it. */
type TextKind = "address" | "fpm value" | "fpm key" | "nginx word";

const MARKS: Readonly<Record<TextKind, RegExp>> = {
  /** Also a path: hardly any has one of these signs. */
  address: /[{}<>%]|__\w+__|@\w+@|\$[A-Z]/,
  /** `50%` is a wrong number, `$PATH` a variable of the environment. */
  "fpm value": /[{}<>]|%\w+%|__\w+__|@\w+@/,
  "fpm key": /[{}<>%@$]|__/,
  /** Patterns have braces of their own, and URIs percent signs. */
  "nginx word": /\$?\{\{.*\}\}|\{%|<%|<\?|%\w{2,}%|__\w+__|@\w+@|\$\{?[A-Z][A-Z0-9_]*\b|\{[A-Za-z_][\w.-]*\}/,
};

/** `${name}`, which nginx replaces itself. */
const NGINX_VARIABLE = /\$\{[a-z0-9_]\w*\}/g;

/** One of them is in every mark of an nginx word. */
const SIGNS = /[{<%@]|__|\$[A-Z]/;

/** Whether a text looks like one that an installer or a template still replaces: `{{ port }}`, `__POOL__`, `@DOMAIN@`. */
export function looksFilledIn(text: string, kind: TextKind = "address"): boolean {
  if (kind !== "nginx word") return MARKS[kind].test(text);
  return SIGNS.test(text) && MARKS[kind].test(text.replace(NGINX_VARIABLE, ""));
}
