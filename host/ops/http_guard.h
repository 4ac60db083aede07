/* ops/http_guard.h - who may do what on a guarded listener.  Pure.
 *
 * A browser sends any site's request to localhost, so a listener on loopback without a token is open to every page its
 * user looks at.  Three headers keep other sites' pages out, each set by the browser and by no page.
 *
 * Host must be one of ours, against a name that is made to point here (DNS rebinding).
 *
 * Origin, where there is one, must be that Host for a change.  A browser sends it with every method but GET and HEAD
 * (https://fetch.spec.whatwg.org/#origin-header), so with another site's form too; PUT, PATCH and DELETE do not even
 * leave it, since it asks first (CORS), which is not answered.
 *
 * Sec-Fetch-Site, where there is one, must not name another site, not even for reading.
 *
 * A change with neither of the two comes from no browser: curl, or a client of Kafka Connect's.  A bearer token counts
 * for both, as no browser sends one by itself.  The same as a password (Basic) does not: a browser keeps it and sends
 * it for whatever page asks.
 *
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
