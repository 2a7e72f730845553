/** Words that programs stumble over. */

/** What every plain object of JavaScript has. */
export const PROTOTYPE_NAMES: readonly string[] = Object.getOwnPropertyNames(Object.prototype);

export const HUGE_NUMBERS: readonly string[] = [
  ...["0", "-1", "-0", "00", "2147483647", "2147483648", "4294967296", "9007199254740993", "1e309", "1e-9"],
  ...[
    "9223372036854775808",
    "9".repeat(40),
    "0x7fffffff",
    "1.5",
    "1k",
    "99999999999g",
    "1y",
    "NaN",
    "Infinity",
  ],
];

export const PLACEHOLDERS: readonly string[] = [
  ...[
    "{{ x }}",
    "{{ x | default('}}') }}",
    `\${X}`,
    `\${{X}}`,
    "$X",
    "<%= x %>",
    "<?= $x ?>",
    "{{{x}}}",
    "@@X@@",
  ],
  ...["{% if x %}", "{% endif %}", "{% for a in b %}", "{% endfor %}", "{# x #}", "<% if x %>", "<% end %>"],
  ...["{{#x}}", "{{/x}}", "{{^x}}", "{{- x -}}", "%{x}", "__X__", "{{", "}}", "{%", "<%", "${"],
];

/** Characters that a terminal, an editor or a reader of lines takes for more than a letter. */
export const CONTROLS: readonly string[] = [
  ...["\x1b[31m", "\x1b]0;x\x07", "\x00", "\x07", "\x08", "\x0b", "\x0c", "\r", "\x7f", "\x85", "\x9b"],
  ...["\u00a0", "\u00ad", "\u061c", "\u200b", "\u200e", "\u2028", "\u2029", "\u202e", "\u2066", "\u3000"],
  ...["\ufeff", "\ufff9", "\u{e0041}", "\u{1f600}", "\udc80", "\udcff", "\t", "\u0301"],
];

/** What the runners of GitHub and Azure take for a command. */
export const WORKFLOW_COMMANDS: readonly string[] = [
  ...[
    "::error::x",
    "::error file=a,line=1::x",
    "::set-output name=a::b",
    "::stop-commands::x",
    "::add-mask::a",
  ],
  ...[
    "##[error]x",
    "##[x]",
    "##[command]x",
    "##vso[task.setvariable variable=a]b",
    "\n::warning::x\n",
    "::",
    "##[",
  ],
];
