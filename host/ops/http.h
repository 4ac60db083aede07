/* ops/http.h - HTTP listeners, on libmicrohttpd: a table of routes each, errors as {"error_code": …, "message": …},
 * bodies and headers of bounded size, and the rules of who may do what. Neighbours: probes.h (the read-only listener's
 * routes), admin/ (the others). */
#ifndef SLUICE_OPS_HTTP_H
#define SLUICE_OPS_HTTP_H

#include "base/error.h"
#include "sluice/abi.h"

#include <stdio.h>

enum { HTTP_MOST_PARAMETERS = 4, HTTP_MOST_BODY_BYTES = 1 << 20 };

struct http_request {
    const char *method, *path;
    char *parameters[HTTP_MOST_PARAMETERS]; /* what stands where the route has {…}, decoded, in order */
    const char *body;                       /* with a NUL behind it; "" when there is none, and of a GET */
    size_t body_size;
    char peer[64];    /* the address it comes from */
    void *connection; /* http_query()'s and http_header()'s */
};

struct http_response {
    unsigned status;  /* 200 unless set */
    const char *type; /* "application/json; charset=utf-8" unless set; static */
    FILE *body;       /* what is written to it is sent */
};

/* What a request must bring where the listener is guarded (http_guard.h). */
enum http_access {
    HTTP_ASSET,  /* nothing: it is the same for everybody, and tells nothing */
    HTTP_READ,   /* the token, where there is one */
    HTTP_CHANGE, /* the token; where there is none, that no other site's page sent it */
    HTTP_NEVER   /* the token; it cannot be done here: answer() says why, and the method is none of those allowed */
};

struct http_route {
    const char *method; /* HEAD is answered as GET without a body */
    /* "/topics/{topic}/keys/{key...}": the dots take all that is left, slashes too.  A slash at a path's end counts for
     * nothing, as in Kafka Connect. */
    const char *path;
    enum http_access access;
    void (*answer)(void *opaque, const struct http_request *request, struct http_response *response);
};

struct http_settings {
    const char *option;                     /* "metrics.listen": who is named in errors and logs */
    const char *listen;                     /* "0.0.0.0:8050", "[::]:8050", "127.0.0.1:0" (a free port) */
    const struct http_route *const *tables; /* each ends with a NULL method; the list with NULL */
    void *opaque;
    /* One for each request, where what it asks may take its time; where processors are short they leave them to the
     * pipeline's.  Else requests take turns. */
    bool own_threads;
    /* With own_threads: so many are asked for and sent at once, HTTP_ASSETs and refusals beside them, since each holds
     * what it sends; others wait for their turn, for 10 s at most.  0: as many as there are connections. */
    size_t most_answers;
    /* Guarded: unknown Host headers are refused, changes need proof or the token, answers keep a page to itself. */
    bool guarded;
    const char *token; /* NULL: none is asked for */
    sluice_list hosts; /* names it may be called by, beside localhost, loopback addresses and `listen` itself */
};

struct http;

/* [main] What settings point to lives as long as the listener. */
int http_open(struct http **http, const struct http_settings *settings, struct error *error);
uint16_t http_port(const struct http *http);
void http_close(struct http *http); /* NULL is fine; returns when no request is under way */

/* For an answer(): the decoded value of ?name=…, NULL when it is not there; it lives as long as the request. */
const char *http_query(const struct http_request *request, const char *name);
/* Is ?name=value there, among others of that name?  value NULL: any, or none. */
bool http_query_has(const struct http_request *request, const char *name, const char *value);
/* A header's value likewise; the name's case does not matter. */
const char *http_header(const struct http_request *request, const char *name);
/* An error in place of whatever was written; message in words, escaped here. */
void http_refuse(struct http_response *response, unsigned status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* "host:port", "[host]:port" apart: -1 when it is neither.  Both are the caller's. */
int http_split(const char *listen, char **host, char **port);
/* Is it reached from this machine alone? */
bool http_is_loopback(const char *listen);

#endif
