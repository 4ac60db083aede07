#include "ops/http.h"

#include "base/alloc.h"
#include "ops/health.h"
#include "ops/log.h"
#include "ops/metrics.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 64, MAX_CONNECTIONS_PER_PEER = 32, TIMEOUT_S = 10, CONNECTION_MEMORY_BYTES = 16 * 1024 };

struct http {
    struct MHD_Daemon *daemon;
    int64_t live_limit_ms;
    uint16_t port;
};

/* ---- Pages: each writes its body and says the status --------------------------------------------- */

static unsigned metrics_page(struct http *http, FILE *body)
{
    (void)http;
    metrics_render(body);
    return MHD_HTTP_OK;
}

static unsigned live_page(struct http *http, FILE *body)
{
    bool live = health_live(http->live_limit_ms);
    fprintf(body, "{\"live\": %s}\n", live ? "true" : "false");
    return live ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned ready_page(struct http *http, FILE *body)
{
    (void)http;
    return health_ready(body) ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

#define JSON_TYPE "application/json; charset=utf-8"
static const struct page {
    const char *path, *type;
    unsigned (*write)(struct http *http, FILE *body);
} pages[] = {
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics_page},
    {"/live", JSON_TYPE, live_page},
    {"/ready", JSON_TYPE, ready_page},
};

static const struct page *page_of(const char *path)
{
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        if (strcmp(pages[i].path, path) == 0)
            return &pages[i];
    return NULL;
}

/* ---- Requests ------------------------------------------------------------------------------------ */

/* Takes the body over. */
static enum MHD_Result respond(struct MHD_Connection *connection, unsigned status, const char *type, char *body,
                               size_t size)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(body);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *message)
{
    char *body = alloc_printf("{\"error_code\": %u, \"message\": \"%s\"}\n", status, message);
    return respond(connection, status, JSON_TYPE, body, strlen(body));
}

static enum MHD_Result answer(void *http_, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **request)
{
    static int seen; /* marks a request whose headers have been read */
    struct http *http = http_;
    (void)version, (void)upload;
    if (*request == NULL) {
        *request = &seen;
        return MHD_YES;
    }
    if (*upload_size > 0) { /* a body is read and thrown away; the answer comes behind it */
        *upload_size = 0;
        return MHD_YES;
    }
    const struct page *page = page_of(path);
    if (page == NULL)
        return refuse(connection, MHD_HTTP_NOT_FOUND, "there are /metrics, /live and /ready");
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are answered here");
    char *body = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&body, &size);
    if (out == NULL)
        return MHD_NO;
    unsigned status = page->write(http, out);
    fclose(out);
    return respond(connection, status, page->type, body, size);
}

/* ---- Open and close ------------------------------------------------------------------------------ */

/* "host:port" or "[host]:port" apart; both are the caller's. */
static int split(const char *listen, char **host, char **port)
{
    const char *colon = strrchr(listen, ':');
    if (colon == NULL || colon == listen)
        return -1;
    bool bracketed = listen[0] == '[' && colon[-1] == ']';
    *host =
        bracketed ? alloc_copy(listen + 1, (size_t)(colon - listen) - 2) : alloc_copy(listen, (size_t)(colon - listen));
    *port = alloc_text(colon + 1);
    return 0;
}

static int bind_socket(const char *listen_, struct error *error)
{
    char *host, *port;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *address;
    if (split(listen_, &host, &port) != 0)
        return error_set(error, "metrics.listen: got '%s', wanted host:port", listen_);
    int failure = getaddrinfo(host, port, &hints, &address);
    free(host);
    free(port);
    if (failure != 0)
        return error_set(error, "metrics.listen: '%s': %s", listen_, gai_strerror(failure));
    const int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, MAX_CONNECTIONS) != 0) {
        error_set(error, "metrics.listen: cannot listen on '%s': %s", listen_, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(address);
    return fd;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

int http_open(struct http **http_, const char *listen_, int64_t live_limit_ms, struct error *error)
{
    int fd = bind_socket(listen_, error);
    if (fd < 0)
        return -1;
    struct http *http = alloc_zeroed(1, sizeof *http);
    *http = (struct http){.live_limit_ms = live_limit_ms, .port = port_of(fd)};
    http->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL, answer, http, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)MAX_CONNECTIONS_PER_PEER, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_END);
    if (http->daemon == NULL) {
        close(fd);
        free(http);
        return error_set(error, "metrics.listen: the HTTP server did not start on '%s'", listen_);
    }
    log_info("http", "listening on %s, port %u: /metrics, /live, /ready", listen_, http->port);
    *http_ = http;
    return 0;
}

uint16_t http_port(const struct http *http)
{
    return http->port;
}

void http_close(struct http *http)
{
    if (http == NULL)
        return;
    MHD_stop_daemon(http->daemon);
    free(http);
}
