/** Names of template files: `www.conf.j2` is deployed as `www.conf`. */

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
