import { asking, type Kind, plain } from "../kind.js";
import { pause } from "../pair.js";

/** PHP-FPM or a worker of it ends. */
export const down: readonly Kind[] = [
  {
    name: "stopped",
    expected: ["fpm-down"],
    happens: async (pair, many) => {
      pair.signalFpm("SIGTERM");
      await pair.wait("fpm.log", "bye-bye");
      await plain(pair, many);
    },
  },
  {
    name: "killed",
    expected: ["fpm-down"],
    happens: async (pair, many) => {
      pair.killFpm();
      await pause(200);
      await plain(pair, many);
    },
  },
  { name: "worker killed", expected: ["oom-kill"], happens: asking("m=kill") },
  { name: "worker killed halfway", expected: ["oom-kill"], happens: asking("m=half") },
  { name: "worker crashed", expected: ["worker-crash"], happens: asking("m=crash") },
  {
    name: "reloaded under load",
    expected: ["restarted"],
    happens: async (pair, many) => {
      const asked = asking("m=sleep&s=4")(pair, Math.min(many, 3));
      await pause(700);
      pair.signalFpm("SIGUSR2");
      await asked;
    },
  },
  {
    name: "stopped under load",
    expected: ["restarted"],
    happens: async (pair, many) => {
      const asked = asking("m=sleep&s=4")(pair, Math.min(many, 3));
      await pause(700);
      pair.signalFpm("SIGTERM");
      await asked;
    },
  },
  {
    name: "terminate timeout",
    expected: ["timeout/terminate-below-read"],
    options: { pool: "request_terminate_timeout = 1" },
    happens: asking("m=sleep&s=6"),
  },
  {
    name: "restarted under load",
    expected: ["restarted"],
    happens: async (pair, many) => {
      const asked = asking("m=sleep&s=4")(pair, Math.min(many, 3));
      await pause(700);
      await pair.stopFpm();
      await pair.startFpmAgain(2);
      await asked;
      await plain(pair, many);
    },
  },
  {
    name: "restarted blindly",
    expected: ["restarted"],
    happens: async (pair) => {
      for (let time = 2; time < 5; time += 1) {
        const asked = asking("m=sleep&s=3")(pair, 2);
        await pause(500);
        await pair.stopFpm();
        await pair.startFpmAgain(time);
        await asked;
      }
    },
  },
  {
    name: "killed and started again",
    expected: ["fpm-down"],
    happens: async (pair, many) => {
      pair.killFpm();
      await pause(300);
      await plain(pair, many);
      await pause(1500);
      await pair.startFpmAgain(2);
      await plain(pair, many);
    },
  },
  {
    name: "did not start again",
    expected: ["fpm-down", "fpm/unknown-setting"],
    happens: async (pair, many) => {
      await pair.stopFpm();
      pair.edit("fpm", (text) => `${text}\npm.max_childs = 4\n`);
      pair.startFpm();
      await pair.wait("fpm.log", "FPM initialization failed");
      await plain(pair, many);
    },
  },
  {
    name: "account gone",
    expected: ["fpm-down", "fpm/invalid-value"],
    happens: async (pair, many) => {
      await pair.stopFpm();
      pair.edit("fpm", (text) => text.replace("user = www-data", "user = nobody-there"));
      pair.startFpm();
      await pair.wait("fpm.log", "FPM initialization failed");
      await plain(pair, many);
    },
  },
  {
    name: "killed for want of memory",
    expected: ["oom-kill"],
    needs: "memory",
    happens: async (pair, many) => {
      pair.boundMemory(96 << 20);
      await asking("m=eat")(pair, Math.min(many, 2));
    },
  },
  {
    name: "killed for want of memory, and the kernel says so",
    expected: ["oom-kill"],
    needs: "kernel",
    tells: "the kernel's log says that memory ran out",
    happens: async (pair, many) => {
      pair.noteKernel();
      pair.boundMemory(96 << 20);
      await asking("m=eat")(pair, Math.min(many, 2));
      pair.writeKernelLog();
    },
  },
  { name: "worker crashed halfway", expected: ["worker-crash"], happens: asking("m=crash-halfway") },
  {
    name: "crashes again and again",
    expected: ["worker-crash"],
    options: { global: "emergency_restart_threshold = 3\nemergency_restart_interval = 1m" },
    happens: async (pair) => {
      for (let time = 0; time < 6; time += 1) {
        await pair.ask("/index.php?m=crash");
        await pause(200);
      }
    },
  },
];
