/**
 * Templates are not configuration yet: what stands between markers is decided when they are
 * rendered. Jinja2, ERB, Go templates and mustache, and a single `{name}` as scripts replace it: in
 * a real file a brace is followed by a blank, a digit or a `;` further on.
 */
const MARKERS = /\{\{|\{%|<%|\{#|(?<!\$)\{[A-Za-z_][\w.-]*\}/;

/** Whether a text is (or may be) a template whose blocks balance only after rendering. */
export function isTemplate(text: string): boolean {
  return MARKERS.test(text);
}
