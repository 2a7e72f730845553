import type { Signature } from "../signature.js";

/** What an access log of nginx says by its status alone. */
export const accessSignatures: readonly Signature[] = [
  {
    id: "status-499",
    by: "nginx's access log",
    templates: [" 499 "],
    phase: "client",
    means: "the client hung up before there was an answer",
    status: 499,
    counts: "request",
    rules: ["buffer/proxy-chain"],
    outside: ["front-gives-up", "client-hung-up", "slow-php"],
  },
];
