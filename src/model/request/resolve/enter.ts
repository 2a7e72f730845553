import type { Node } from "../../../nginx/types.js";
import { perKey } from "../../../source/memo.js";
import type { State } from "./state.js";

/** The directives that answer a request instead of the file that it names. */
const HANDLERS =
  /^(?:(?:fastcgi|proxy|uwsgi|scgi|grpc|memcached|ajp|redis2?|postgres|drizzle|upload)_pass|stub_status|empty_gif|perl|js_content|content_by_lua(?:_block|_file)?|echo|vhost_traffic_status_display|api|status|rtmp_stat|hls|dash|nchan_\w+|push_stream_\w+)$/;

/** The directive of a block that answers; of several the last. `null`: none of its own. */
export const handlerOf = perKey(
  (block: Node): Node | null => block.children.filter(({ name }) => HANDLERS.test(name)).at(-1) ?? null,
);

/** The directives of a block apply from here on. One that has no handler keeps the one before. */
export function enter(state: State, block: Node): void {
  state.block = block;
  state.handler = handlerOf(block) ?? state.handler;
}
