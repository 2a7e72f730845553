/**
 * Since when nginx hands the name of an HTTP/3 request to FastCGI as HTTP_HOST: the newest version that was
 * seen not to do it, and the oldest that was seen to do it.
 */
export const HTTP_HOST_OVER_HTTP3 = { missing: "1.26.3", sent: "1.30.6" } as const;
