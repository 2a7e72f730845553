import * as fs from "node:fs";

/** Writes so many classes, each a file of its own that takes some 100 KiB of the cache of scripts. */
export function writeClasses(directory: string, count: number): void {
  fs.mkdirSync(directory, { recursive: true });
  for (let number = 0; number < count; number += 1) {
    const methods = Array.from({ length: 60 }, (_, index) => method(number, index));
    fs.writeFileSync(`${directory}/C${number}.php`, `<?php\nclass C${number}\n{\n${methods.join("\n")}}\n`);
  }
}

function method(number: number, index: number): string {
  const name = `m${number}_${index}`;
  return `  public function ${name}(array $rows, string $key = 'key ${name}'): array
  {
    $found = ['from' => '${name} begins', 'rows' => []];
    foreach ($rows as $at => $row) {
      if (!isset($row[$key])) { $found['without'][] = sprintf('%s has no %s', $at, $key); continue; }
      $found['rows'][$at] = ['text' => strtolower(trim($row[$key])) . ' of ${name}', 'at' => $at + ${index}];
    }
    return $found;
  }
`;
}

/**
 * Loads every class, takes its memory, says that it holds it, and lets go when it is told to: so all
 * workers hold theirs at the same time, however fast the machine is.
 */
export function holdScript(classes: string): string {
  return `<?php
foreach (glob('${classes}/*.php') as $file) require_once $file;
$held = [];
for ($mib = 0; $mib < (int) $_GET['mib']; $mib++)
  for ($part = 0; $part < 16; $part++) $held[] = str_repeat(chr(65 + $part), 65536 - 64);
touch($_GET['mark'] . '/' . getmypid());
while (!file_exists($_GET['go'])) { usleep(20000); clearstatcache(); }
echo 'held ' . count($held) . ' in ' . count(opcache_get_status()['scripts'] ?? []) . ' scripts';
`;
}
