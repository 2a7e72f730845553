/**
 * Templates are not configuration yet: what stands between markers is decided when they are
 * rendered. Jinja2, ERB, Go templates and mustache.
 */
const MARKERS = /\{\{|\{%|<%|\{#/;

/** Whether a text is (or may be) a template whose blocks balance only after rendering. */
export function isTemplate(text: string): boolean {
  return MARKERS.test(text);
}
