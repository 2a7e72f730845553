/**
 * Since when nginx hands the name of an HTTP/3 request to FastCGI as HTTP_HOST, with the port: its repository says
 * it; 1.26.3 was seen not to do it, and 1.30.6 to do it. `$http_host` is empty in both.
 */
export const HTTP_HOST_OVER_HTTP3 = "1.29.5";
