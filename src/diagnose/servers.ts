import { httpBlocks } from "../evidence/meetings.js";
import type { Host } from "../model/host.js";
import { childrenNamed } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { perKey } from "../source/memo.js";

/** Every `server` of a host, in the order of the files. */
export const childrenOfHttp = perKey((host: Host): readonly Node[] =>
  httpBlocks(host).flatMap((http) => childrenNamed(http, "server")),
);
