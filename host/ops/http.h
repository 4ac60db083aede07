/* ops/http.h - the read-only HTTP listener of metrics.listen: GET and HEAD of /metrics, /live, /ready; any other
 * method is 405 with Allow, any other path 404, errors are {"error_code":…,"message":…}.  libmicrohttpd's own
 * thread serves it. */
#ifndef SLUICE_OPS_HTTP_H
#define SLUICE_OPS_HTTP_H

#include "base/error.h"

#include <stdint.h>

struct http;

/* [main] listen: "0.0.0.0:8050", "[::]:8050", "127.0.0.1:0" (a free port).  live_limit_ms: how old the poller's last
 * sign of life may be. */
int http_open(struct http **http, const char *listen, int64_t live_limit_ms, struct error *error);
uint16_t http_port(const struct http *http);
void http_close(struct http *http); /* NULL is fine; returns when no request is under way */

#endif
