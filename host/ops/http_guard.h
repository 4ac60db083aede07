/* ops/http_guard.h - who may do what on a guarded listener.  Pure.
 *
 * A browser sends any site's request to localhost, so a listener on loopback without a token is open to every page its
 * user looks at: the Host header must be one of ours (against DNS rebinding), and what changes something must bring an
 * Origin that is that Host (a browser sets it and no page can forge it), or the token.
 * A browser that says so (Sec-Fetch-Site) does not even read for another site.
 * Neighbour: http.c. */
#ifndef SLUICE_OPS_HTTP_GUARD_H
#define SLUICE_OPS_HTTP_GUARD_H

#include "ops/http.h"

struct http_credentials {
    const char *host, *origin, *authorization, *fetch_site; /* the headers; NULL: not there */
};

/* 0, or the status to refuse with, and why. */
unsigned http_guard(const struct http_settings *settings, enum http_access access,
                    const struct http_credentials *credentials, const char **why);

#endif
