import { expect, test } from "vitest";
import { memoryFilesystem } from "../../../src/host/memory.js";
import { killsIn } from "../../../src/model/machine/kills.js";

const UNIT = "/system.slice/php8.2-fpm.service";

test.each([
  [
    "its own group, and none around it",
    {
      "/proc/7/cgroup": `0::${UNIT}\n`,
      [`/sys/fs/cgroup${UNIT}/memory.events`]: "oom 2\noom_kill 2\n",
      "/sys/fs/cgroup/system.slice/memory.events": "oom_kill 9\n",
    },
    { count: 2, source: `/sys/fs/cgroup${UNIT}/memory.events` },
  ],
  [
    "that of the first version",
    {
      "/proc/7/cgroup": "4:memory:/fpm\n0::/\n",
      "/sys/fs/cgroup/memory/fpm/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
    },
    { count: 1, source: "/sys/fs/cgroup/memory/fpm/memory.oom_control" },
  ],
  [
    "the root, in a container",
    { "/proc/7/cgroup": "0::/\n", "/sys/fs/cgroup/memory.events": "oom_kill 0\n" },
    { count: 0, source: "/sys/fs/cgroup/memory.events" },
  ],
  ["no group of its own", { "/proc/7/cgroup": "0::/\n", "/proc/vmstat": "oom_kill 3\n" }, null],
])("kills are counted in %s", (_name, files, kills) => {
  expect(killsIn(memoryFilesystem(files), [7])).toEqual(kills);
});
