/**
 * DATA: what the values of nginx's directives may be, where the type alone does not tell. Each word
 * and each limit was tried on nginx 1.22.1; words that it lacks are from nginx.org's reference and
 * carry the version that brought them.
 */

const NEXT = "error timeout invalid_header non_idempotent off http_403 http_404 http_429 http_500 http_503";
const GATEWAY = "http_502 http_504";
const CACHED = "updating";
const DENIED = "denied@1.31.0";
const HEADERS =
  "Cache-Control Expires Set-Cookie Vary X-Accel-Buffering X-Accel-Charset X-Accel-Expires X-Accel-Limit-Rate X-Accel-Redirect";
const PROTOCOLS = "SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3";
const LEVELS = "info notice warn error";

/** Names | the words that enumerations and lists of words take, in any case; `@` the version that brought one. */
export const WORD_ROWS = `
add_header_inherit add_trailer_inherit|on off merge
autoindex_format|html json jsonp xml
client_body_in_file_only|on clean off
dav_methods|off PUT DELETE MKCOL COPY MOVE
debug_points|stop abort
fastcgi_cache_methods proxy_cache_methods scgi_cache_methods uwsgi_cache_methods|GET HEAD POST
fastcgi_cache_use_stale scgi_cache_use_stale uwsgi_cache_use_stale|${NEXT} ${CACHED}
fastcgi_next_upstream scgi_next_upstream uwsgi_next_upstream|${NEXT} ${CACHED} ${DENIED}
fastcgi_ignore_headers grpc_ignore_headers proxy_ignore_headers scgi_ignore_headers uwsgi_ignore_headers|${HEADERS}
grpc_next_upstream|${NEXT} ${GATEWAY} ${DENIED}
grpc_ssl_protocols proxy_ssl_protocols uwsgi_ssl_protocols ssl_protocols|${PROTOCOLS}
gzip_http_version|1.0 1.1
gzip_proxied|off expired no-cache no-store private no_last_modified no_etag auth any
gzip_static|off on always
if_modified_since|off exact before
keepalive_disable|none msie6 safari
limit_conn_log_level limit_req_log_level|${LEVELS}
lingering_close|off on always
memcached_next_upstream|error timeout invalid_response not_found off ${DENIED}
proxy_cache_use_stale|${NEXT} ${GATEWAY} ${CACHED}
proxy_http_version|1.0 1.1 2@1.29.4
proxy_next_upstream|${NEXT} ${GATEWAY} ${CACHED} ${DENIED}
satisfy|all any
server_tokens|on off build
ssl_ocsp|off on leaf
ssl_verify_client|off on optional optional_no_ca
userid|off log v1 on
userid_flags|off secure httponly samesite=strict samesite=lax samesite=none
`;

/** Name | least | most | what nginx says. Numbers in units of the directive; sizes in bytes. */
export const LIMIT_ROWS = `
gzip_comp_level|1|9|value must be between 1 and 9
limit_conn_status|400|599|value must be between 400 and 599
limit_req_status|400|599|value must be between 400 and 599
uwsgi_modifier1|0|255|value must be between 0 and 255
uwsgi_modifier2|0|255|value must be between 0 and 255
gzip_window|512|32768|"gzip_window" directive must be 512, 1k, 2k, 4k, 8k, 16k, or 32k
gzip_hash|512|131072|"gzip_hash" directive must be 512, 1k, 2k, 4k, 8k, 16k, 32k, 64k, or 128k
connection_pool_size|112||the pool size must be no less than 112
request_pool_size|112||the pool size must be no less than 112
http2_pool_size|112||the pool size must be no less than 112
http2_chunk_size|1||the http2 chunk size cannot be zero
http2_body_preread_size|0|2147483647|the maximum body preread buffer size is 2147483647
`;

/** Name | the first version without it. Those before 1.18.0 are long gone, and still in old texts. */
export const REMOVED_ROWS = `
limit_zone|1.7.6
spdy_chunk_size|1.19.7
spdy_headers_comp|1.19.7
spdy_keepalive_timeout|1.19.7
spdy_max_concurrent_streams|1.19.7
spdy_pool_size|1.19.7
spdy_recv_buffer_size|1.19.7
spdy_recv_timeout|1.19.7
spdy_streams_index_size|1.19.7
ssl|1.25.1
`;

/**
 * Directives that distributions brought to older versions: Debian has max_errors in 1.18.0-6.1+deb11u3, max_headers in
 * 1.22.1-9+deb12u10 and 1.26.3-3+deb13u1.
 */
export const BACKPORTED = "max_errors max_headers";

/** Values that a later version no longer takes: the first one seen to refuse them. 1.26.3 takes the first of them. */
export const REFUSED_SINCE = {
  emptyStore: "1.30.0",
  /** `charset_map utf-8 x {}`: 1.31.2 takes it. Also what was made of 1.30 later, seen in 1.30.6 and not in 1.30.4. */
  charsetOfUtf8: "1.31.3",
  charsetOfUtf8Stable: "1.30.6",
} as const;

/** Values that nginx takes since a version; read in its repository, and tried with 1.26.3 and 1.30.6. */
export const TAKEN_SINCE = {
  /** `proxy_bind [::1]`, an IPv6 address in brackets and without a port. */
  bracketsWithoutPort: "1.27.3",
} as const;

/** Values that nginx takes before a version; read in its repository, and tried with Debian's 1.18.0 and 1.22.1. */
export const TAKEN_BEFORE = {
  /** `listen 80 spdy`, which does nothing. */
  spdy: "1.19.7",
  /** `proxy_redirect` and `proxy_cookie_*` beside their `off`. */
  besideOff: "1.19.3",
} as const;

/** Name | context | before this version | the arguments it took. */
export const COUNT_ROWS = `
keepalive|u|1.29.7|1
`;

/**
 * Name | arguments in which nginx compiles variables, from 0; `+` this one and the following; `s`
 * behind: only where a server takes the value over; `<` the version that no longer reads the value; `>` the
 * version from which on there are variables in it.
 */
export const VARIABLE_SLOT_ROWS = `
access_log|0
add_header add_trailer|1
alias root|0
auth_basic auth_basic_user_file|0
auth_request_set|1
fastcgi_bind grpc_bind memcached_bind proxy_bind scgi_bind uwsgi_bind|0
fastcgi_cache proxy_cache scgi_cache uwsgi_cache|0
fastcgi_cache_bypass proxy_cache_bypass scgi_cache_bypass uwsgi_cache_bypass|0+
early_hints|0+
fastcgi_cache_key proxy_cache_key scgi_cache_key uwsgi_cache_key|0
fastcgi_no_cache proxy_no_cache scgi_no_cache uwsgi_no_cache|0+
fastcgi_param grpc_set_header proxy_set_header scgi_param uwsgi_param|1s
fastcgi_pass grpc_pass proxy_pass scgi_pass uwsgi_pass|0
fastcgi_store proxy_store scgi_store uwsgi_store|0
grpc_ssl_certificate grpc_ssl_certificate_key|0>1.21.0
grpc_ssl_name|0
hash|0
http2_push|0<1.25.1
index|0+
limit_conn_zone limit_req_zone|0
limit_rate limit_rate_after|0
map split_clients|0
proxy_cookie_domain proxy_cookie_flags proxy_cookie_path proxy_redirect|0+
proxy_method|0
proxy_set_body|0s
proxy_ssl_certificate proxy_ssl_certificate_key|0>1.21.0
proxy_ssl_name|0
rewrite|1
secure_link secure_link_md5|0
set|1
sub_filter|0+
try_files|0+
uwsgi_ssl_certificate uwsgi_ssl_certificate_key|0>1.21.0
uwsgi_ssl_name|0
`;

/** Variables of nginx's own that `set`, `map` and their like may not define anew. */
export const FIXED_VARIABLES = `
binary_remote_addr body_bytes_sent bytes_sent connection connection_requests connections_active
connections_reading connections_waiting connections_writing content_length content_type date_gmt date_local
document_root document_uri fastcgi_path_info fastcgi_script_name gzip_ratio host hostname http2 http_cookie
http_host http_referer http_user_agent http_via http_x_forwarded_for https is_args limit_conn_status
limit_req_status msec nginx_version pid pipe proxy_add_x_forwarded_for proxy_protocol_addr
proxy_protocol_port proxy_protocol_server_addr proxy_protocol_server_port query_string realip_remote_addr
realip_remote_port realpath_root remote_addr remote_port remote_user request request_body request_body_file
request_completion request_filename request_id request_length request_method request_time request_uri scheme
secure_link secure_link_expires sent_http_cache_control sent_http_connection sent_http_content_length
sent_http_content_type sent_http_keep_alive sent_http_last_modified sent_http_link sent_http_location
sent_http_transfer_encoding server_addr server_name server_port server_protocol slice_range status
tcpinfo_rcv_space tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd time_iso8601 time_local uid_got uid_set
upstream_addr upstream_bytes_received upstream_bytes_sent upstream_cache_last_modified upstream_cache_status
upstream_connect_time upstream_header_time upstream_response_length upstream_response_time upstream_status uri
`;

/** Further variables of nginx's own, of any version and module, and of its makers' commercial one. */
export const FREE_VARIABLES = `
ancient_browser args connection_time connections_accepted grpc_internal_trailers http3 invalid_referer
is_request_port limit_rate modern_browser msie otel_trace_id otel_span_id otel_parent_id otel_parent_sampled
proxy_host proxy_internal_body_length proxy_internal_chunked proxy_internal_host proxy_port quic request_port secure_link_md5
session_log_id spdy spdy_request_priority uid_reset upstream_cache_age upstream_cache_key
upstream_last_server_name upstream_queue_time bytes_received session_time protocol proxy_internal
`;

/** Names that any variable may begin with: families of nginx's own and of widely packaged modules. */
export const VARIABLE_PREFIXES = `
http_ sent_http_ upstream_http_ cookie_ upstream_cookie_ arg_ sent_trailer_ upstream_trailer_ ssl_ proxy_protocol_
proxy_ssl_ geoip upstream_ jwt_ oidc_ acme_ mqtt_ session_ brotli_ zstd_ modsecurity naxsi ngx_ lua echo_ vts_
opentracing_ opentelemetry_ datadog_ passenger pagespeed nchan_ upload_ memc_ redis srcache_ set_ encrypted_
testcookie_ trace_ spnego ldap_ otel_ headers_more vhost_traffic_ rtmp_ push_ mogilefs_ rds_ drizzle_ postgres_
cache_purge limit_upstream_ limit_traffic_ sysguard_ base_ dollar unicode
`;

/**
 * Variables of nginx's own that hold an IP address in every request that came over TCP; over a Unix socket they
 * hold `unix:`, which `fastcgi_bind` passes over with a line in the log. From nginx 1.22.1.
 */
export const IP_VARIABLES = "realip_remote_addr remote_addr server_addr";
