/** Rules whose fault shows in requests only together with another, which is reported besides. */
export const besides: Readonly<Record<string, string>> = {
  // Where nginx gives up first, nobody sees that PHP-FPM would have killed the worker.
  "timeout/execution-limit-unreachable": "timeout/terminate-below-read",
};
