/** The scripts that every document root of a copy gets, unless the fixture brings its own. */
export const scripts: Readonly<Record<string, string>> = {
  /**
   * What PHP saw of the request. Which pool answered is told by the process (`poolOf`): fpm_get_status() ends a worker
   * with signal 11 while another one of the pool is being started, and fails when two ask at the same moment.
   */
  "index.php": `<?php
header('Content-Type: application/json');
echo json_encode([
  'sapi' => PHP_SAPI,
  'method' => $_SERVER['REQUEST_METHOD'] ?? null,
  'get' => $_GET,
  'post' => count($_POST),
  'pid' => getmypid(),
  'memory_limit' => ini_get('memory_limit'),
]);
`,
  /** Waits by the clock on the wall; a signal or a short sleep does not end it early. */
  "slow.php": `<?php
if (isset($_GET['mark'])) touch('@MARKS@/' . basename($_GET['mark']));
$end = microtime(true) + (float) ($_GET['s'] ?? 0);
while (microtime(true) < $end) usleep(20000);
echo 'slept';
`,
  /** Holds the worker with all that its script has in memory until the bench lets it go. */
  "hold.php": `<?php
touch('@MARKS@/held-' . getmypid());
while (!file_exists('@MARKS@/go')) {
  usleep(20000);
  clearstatcache();
}
`,
  "header.php": `<?php
header('X-Fill: ' . str_repeat('x', (int) ($_GET['n'] ?? 0)));
echo 'sent';
`,
  "body.php": `<?php
header('Content-Type: application/json');
echo json_encode([
  'declared' => (int) ($_SERVER['CONTENT_LENGTH'] ?? 0),
  'input' => strlen(file_get_contents('php://input')),
  'post' => count($_POST),
  'files' => count($_FILES),
]);
`,
};
