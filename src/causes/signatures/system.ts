import type { Signature } from "../signature.js";

/**
 * A refusal of SELinux: as the kernel and the audit daemon write it, what comes before it in `{}`; as `ausearch -i`
 * prints it, without quotes; and of a program that asks the policy itself, such as systemd.
 */
function refused(end: string): readonly string[] {
  const of = (program: string): string => `{}avc:  denied  {} {what} } for {text} ${program} {more}${end}`;
  return [of('comm="{program}"'), of("comm={program:w}"), of('exe="{program}"')];
}

/** What the kernel says of a process, with the names that its kinds of messages have there, in audit.log and in the journal. */
function audited(number: number, name: string, text: string): readonly string[] {
  const heads = [`audit: type=${number}`, `type=${number}`, `type=${name}`, name];
  return heads.map((head) => `${head} {} ${text}`);
}

/** What the kernel says, and SELinux's and the audit daemon's helpers of it. */
export const systemSignatures: readonly Signature[] = [
  {
    id: "oom",
    by: "kernel",
    templates: [
      "Out of memory: Killed process {child:d} ({program}) {text}",
      "Memory cgroup out of memory: Killed process {child:d} ({program}) {text}",
      "oom-kill:constraint={constraint},{text}task={program},pid={child:d}",
      // Of kernels before 5.3.
      "Out of memory: Kill process {child:d} ({program}) score {score:d} or sacrifice child",
      "Memory cgroup out of memory: Kill process {child:d} ({program}) score {score:d} or sacrifice child",
      "Killed process {child:d} ({program}) total-vm:{text}",
    ],
    phase: "worker",
    means: "memory ran out, and the kernel ended a process",
    status: 502,
    counts: "sign",
    rules: ["pool/memory-oversubscribed", "pool/memory-limit-overcommit"],
    outside: ["oom-kill"],
  },
  {
    id: "segfault",
    by: "kernel",
    templates: ["{program}[{child:d}]: segfault at {text}", "traps: {program}[{child:d}] {text}"],
    phase: "worker",
    means: "a process touched memory that is not its own",
    status: 502,
    counts: "sign",
    rules: [],
    outside: ["worker-crash"],
  },
  {
    id: "abend",
    by: "kernel",
    templates: [
      ...audited(1701, "ANOM_ABEND", 'comm="{program}" {}sig={signal:d}{}'),
      ...audited(1701, "ANOM_ABEND", "comm={program:w} {}sig={signal:w} {}"),
    ],
    phase: "worker",
    means: "a process crashed",
    status: 502,
    counts: "sign",
    rules: [],
    outside: ["worker-crash"],
  },
  {
    id: "seccomp",
    by: "kernel",
    templates: [
      ...audited(1326, "SECCOMP", 'comm="{program}" {}sig={signal:d} {}syscall={call:w} {}'),
      ...audited(1326, "SECCOMP", "comm={program:w} {}sig={signal:w} {}syscall={call:w} {}"),
    ],
    phase: "worker",
    means:
      "a process asked for something of the kernel that the filter of its service or container does not allow",
    status: 502,
    counts: "sign",
    rules: [],
    outside: ["system-call-filter"],
  },
  {
    id: "selinux-permissive",
    by: "kernel",
    templates: refused("permissive=1{}"),
    phase: "connect",
    means: "SELinux would refuse something, and lets it pass for now: it is permissive",
    status: null,
    counts: "sign",
    rules: [],
    outside: [],
  },
  {
    id: "selinux",
    by: "kernel",
    templates: [...refused(""), "SELinux is preventing {program:w} from {what} access on the {}"],
    phase: "connect",
    means: "SELinux refused something",
    status: 502,
    counts: "sign",
    rules: [],
    outside: ["mandatory-access"],
  },
  {
    id: "apparmor",
    by: "kernel",
    // In a container the profile is the container's, so the program tells whom it is about.
    templates: [
      '{}apparmor="DENIED" operation="{what}"{}profile="{profile}"{} comm="{program}"{}',
      "{}apparmor=DENIED operation={what:w} {}profile={profile:w} {}comm={program:w} {}",
      '{}apparmor="DENIED" operation="{what}"{}profile="{program}"{}',
    ],
    phase: "connect",
    means: "AppArmor refused something",
    status: 502,
    counts: "sign",
    rules: [],
    outside: ["mandatory-access"],
  },
];
