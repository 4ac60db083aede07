#include "ops/http.h"

#include "base/alloc.h"
#include "ops/http_connections.h"
#include "ops/http_guard.h"
#include "ops/log.h"
#include "ops/redact.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Those that are cut off take a place of libmicrohttpd's until it has seen to them.  Where answers are few at once, the
 * kernel is not to keep more of each (4 MiB by itself) for who does not read; accepted sockets have what listens has.
 */
enum {
    MAX_CONNECTIONS = 2 * HTTP_MOST_CONNECTIONS,
    TIMEOUT_S = 10,
    CONNECTION_MEMORY_BYTES = 16 * 1024,
    FEW_SEND_BYTES = 64 * 1024,
    OWN_THREADS_NICE = 10, /* above the process's own: a tenth of the weight */
    MOST_THROWN_AWAY_BYTES = 16 * HTTP_MOST_BODY_BYTES
};

#define JSON_TYPE "application/json; charset=utf-8"

struct http {
    struct MHD_Daemon *daemon;
    struct http_connections *connections;
    struct http_settings settings;
    uint16_t port;
};

/* A request from its first line on, while the rest of it comes. */
struct pending {
    struct http_request request;
    const struct http_route *route; /* NULL: there is none */
    char allowed[64];               /* the methods of its path */
    unsigned refusal;               /* what it is refused with; 0: the route answers */
    const char *why;
    bool judged; /* the headers are there, and all of the above */
    bool has_nul, is_last;
    char *body;
    size_t size, thrown_away;
};

/* ---- Routes --------------------------------------------------------------------------------------- */

static void forget_parameters(struct http_request *request)
{
    for (size_t i = 0; i < HTTP_MOST_PARAMETERS; i++)
        free(request->parameters[i]);
    memset(request->parameters, 0, sizeof request->parameters);
}

/* Fills the parameters. */
static bool matches(const char *pattern, const char *path, struct http_request *request)
{
    size_t count = 0;
    forget_parameters(request);
    while (*pattern != '\0') {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        pattern = strchr(pattern, '}') + 1;
        size_t size = pattern[-2] == '.' ? strlen(path) : strcspn(path, "/");
        if (size == 0 || count == HTTP_MOST_PARAMETERS)
            return false;
        request->parameters[count++] = alloc_copy(path, size);
        path += size;
    }
    return *path == '\0' || strcmp(path, "/") == 0;
}

static void allow(char allowed[64], const char *method)
{
    size_t used = strlen(allowed);
    if (strstr(allowed, method) == NULL)
        snprintf(allowed + used, 64 - used, "%s%s", used > 0 ? ", " : "",
                 strcmp(method, MHD_HTTP_METHOD_GET) == 0 ? "GET, HEAD" : method);
}

/* The route, or NULL; allowed: the methods of the path, where it has any. */
static const struct http_route *route_of(const struct http *http, struct http_request *request, char allowed[64])
{
    const char *method = strcmp(request->method, MHD_HTTP_METHOD_HEAD) == 0 ? MHD_HTTP_METHOD_GET : request->method;
    const struct http_route *found = NULL;
    allowed[0] = '\0';
    for (const struct http_route *const *table = http->settings.tables; *table != NULL; table++)
        for (const struct http_route *route = *table; route->method != NULL; route++) {
            if (!matches(route->path, request->path, request))
                continue;
            if (route->access != HTTP_NEVER)
                allow(allowed, route->method);
            if (found == NULL && strcmp(route->method, method) == 0)
                found = route;
        }
    if (found != NULL)
        matches(found->path, request->path, request);
    return found;
}

/* ---- Responses ------------------------------------------------------------------------------------ */

/* What keeps a page of ours to itself: nothing from elsewhere in it, and it in nobody's frame.  Pictures of a record
 * are made of its bytes by the page (blob:). */
static const char content_security_policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src "
                                              "'self'; img-src 'self' blob:; base-uri 'none'; "
                                              "form-action 'none'; frame-ancestors 'none'";

/* Takes the body over. */
static enum MHD_Result respond(const struct http *http, const struct pending *pending, unsigned status,
                               const char *type, char *body, size_t size)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(body);
        return MHD_NO;
    }
    if (size > 0)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (http->settings.guarded) {
        MHD_add_response_header(response, "Content-Security-Policy", content_security_policy);
        MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
        MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    }
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, pending->allowed);
    if (pending->is_last)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE && http->settings.most_answers > 0)
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "5");
    if (status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    enum MHD_Result result = MHD_queue_response(pending->request.connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static void write_error(FILE *body, unsigned status, const char *message)
{
    json_t *text = json_string(message);
    if (text == NULL) { /* cut within a character, or no UTF-8: a plugin's, or a record's */
        char *plain = alloc_text(message);
        for (char *at = plain; *at != '\0'; at++)
            if ((unsigned char)*at >= 0x80)
                *at = '?';
        text = json_string(plain);
        free(plain);
    }
    char *quoted = json_dumps(text, JSON_ENCODE_ANY);
    fprintf(body, "{\"error_code\": %u, \"message\": %s}\n", status, quoted);
    free(quoted);
    json_decref(text);
}

static enum MHD_Result refuse(const struct http *http, const struct pending *pending, unsigned status,
                              const char *message)
{
    char *body = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&body, &size);
    if (out == NULL)
        return MHD_NO;
    write_error(out, status, message);
    fclose(out);
    return respond(http, pending, status, JSON_TYPE, body, size);
}

void http_refuse(struct http_response *response, unsigned status, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *message = alloc_vprintf(fmt, args);
    va_end(args);
    redact(message);
    rewind(response->body);
    response->status = status;
    response->type = JSON_TYPE;
    write_error(response->body, status, message);
    free(message);
}

const char *http_query(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

struct wanted_value {
    const char *name, *value;
    bool found;
};

static enum MHD_Result compare_value(void *wanted_, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct wanted_value *wanted = wanted_;
    (void)kind;
    wanted->found |= strcmp(name, wanted->name) == 0 &&
                     (wanted->value == NULL || (value != NULL && strcmp(value, wanted->value) == 0));
    return MHD_YES;
}

bool http_query_has(const struct http_request *request, const char *name, const char *value)
{
    struct wanted_value wanted = {.name = name, .value = value};
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, compare_value, &wanted);
    return wanted.found;
}

const char *http_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* ---- Requests ------------------------------------------------------------------------------------- */

struct header_count {
    const char *name;
    size_t count;
};

static enum MHD_Result count_header(void *counted_, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct header_count *counted = counted_;
    (void)kind, (void)value;
    counted->count += strcasecmp(name, counted->name) == 0;
    return MHD_YES;
}

static size_t count_headers(struct MHD_Connection *connection, const char *name)
{
    struct header_count counted = {.name = name};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, count_header, &counted);
    return counted.count;
}

/* Where it ends, or whom it is for, may be understood in another way by a proxy in front (request smuggling; RFC 9112,
 * 3.2 and 6.3). */
static bool is_ambiguous(struct MHD_Connection *connection)
{
    size_t lengths = count_headers(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    size_t encodings = count_headers(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING);
    const char *encoding = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
    return lengths + encodings > 1 || (encoding != NULL && strcasecmp(encoding, "chunked") != 0) ||
           count_headers(connection, MHD_HTTP_HEADER_HOST) > 1;
}

static unsigned refuses(struct pending *pending, unsigned status, const char *why)
{
    pending->why = why;
    return pending->refusal = status;
}

static unsigned ask_guard(const struct http *http, struct pending *pending)
{
    struct MHD_Connection *connection = pending->request.connection;
    const struct http_credentials credentials = {
        .host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST),
        .origin = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ORIGIN),
        .fetch_site = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Sec-Fetch-Site"),
        .authorization = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION),
    };
    const char *why;
    enum http_access access = pending->route != NULL ? pending->route->access : HTTP_ASSET;
    unsigned status = http_guard(&http->settings, access, &credentials, &why);
    return refuses(pending, status, why);
}

static void tell_peer(struct http_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info == NULL || getnameinfo(info->client_addr, sizeof(struct sockaddr_storage), request->peer,
                                    sizeof request->peer, NULL, 0, NI_NUMERICHOST) != 0)
        request->peer[0] = '\0';
}

/* The headers are there: who answers, or why nobody does. */
static void judge(const struct http *http, struct pending *pending)
{
    pending->judged = true;
    tell_peer(&pending->request);
    pending->route = route_of(http, &pending->request, pending->allowed);
    pending->is_last = pending->has_nul || is_ambiguous(pending->request.connection);
    if (pending->is_last)
        refuses(pending, MHD_HTTP_BAD_REQUEST,
                pending->has_nul ? "there is a NUL in the path or the query"
                                 : "where it ends or whom it is for is told in more than one way");
    else if (ask_guard(http, pending) != 0)
        ;
    else if (pending->route == NULL && pending->allowed[0] != '\0')
        refuses(pending, MHD_HTTP_METHOD_NOT_ALLOWED, "the method is not answered here");
    else if (pending->route == NULL)
        refuses(pending, MHD_HTTP_NOT_FOUND, "there is nothing here");
}

/* A body costs memory: none is kept for who is refused, or for what has no use for one. */
static bool wants_body(const struct pending *pending)
{
    return pending->refusal == 0 && pending->route->access != HTTP_NEVER &&
           strcmp(pending->route->method, MHD_HTTP_METHOD_GET) != 0;
}

/* What is not wanted, or too large, is read and thrown away, since most clients do not look for an answer before they
 * are through; one that goes on and on is cut off. */
static enum MHD_Result take_body(struct pending *pending, const char *upload, size_t size)
{
    if (!wants_body(pending) || pending->thrown_away > 0 || pending->size + size > HTTP_MOST_BODY_BYTES) {
        pending->thrown_away += size;
        return pending->thrown_away <= MOST_THROWN_AWAY_BYTES ? MHD_YES : MHD_NO;
    }
    pending->body = alloc_resized(pending->body, pending->size + size + 1, 1);
    memcpy(pending->body + pending->size, upload, size);
    pending->size += size;
    pending->body[pending->size] = '\0';
    return MHD_YES;
}

static enum MHD_Result carry_out(struct http *http, struct pending *pending)
{
    char *body = NULL;
    size_t size = 0;
    struct http_response response = {.status = MHD_HTTP_OK, .type = JSON_TYPE, .body = open_memstream(&body, &size)};
    if (response.body == NULL)
        return MHD_NO;
    pending->request.body = pending->body != NULL ? pending->body : "";
    pending->request.body_size = pending->size;
    pending->route->answer(http->settings.opaque, &pending->request, &response);
    fclose(response.body);
    return respond(http, pending, response.status, response.type, body, size);
}

static enum MHD_Result dispatch(struct http *http, struct pending *pending)
{
    if (pending->refusal != 0)
        return refuse(http, pending, pending->refusal, pending->why);
    if (wants_body(pending) && pending->thrown_away > 0)
        return refuse(http, pending, MHD_HTTP_CONTENT_TOO_LARGE, "a body has at most 1 MiB");
    if (pending->route->access != HTTP_ASSET &&
        !http_connections_take_turn(http->connections, pending->request.connection))
        return refuse(http, pending, MHD_HTTP_SERVICE_UNAVAILABLE, "others are answered for too long already");
    return carry_out(http, pending);
}

/* On Linux a nice value is a thread's own (sched(7)), and 0 is the one that asks. */
static void give_way(void)
{
    static _Thread_local bool done;
    if (!done)
        setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + OWN_THREADS_NICE);
    done = true;
}

/* The first line is there, as it was sent: decoded, a NUL would end the text that we see of it, where a proxy in front
 * has looked at all of it. */
static void *begin(void *http_, const char *uri, struct MHD_Connection *connection)
{
    const struct http *http = http_;
    struct pending *pending = alloc_zeroed(1, sizeof *pending);
    if (http->settings.own_threads)
        give_way();
    pending->request.connection = connection;
    pending->has_nul = strstr(uri, "%00") != NULL;
    return pending;
}

static enum MHD_Result answer(void *http_, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **pending_)
{
    struct http *http = http_;
    struct pending *pending = *pending_;
    (void)version;
    if (!pending->judged) {
        pending->request.path = path;
        pending->request.method = method;
        judge(http, pending);
        if (!pending->is_last)
            return MHD_YES;
    } else if (*upload_size > 0) {
        enum MHD_Result taken = take_body(pending, upload, *upload_size);
        *upload_size = 0;
        return taken;
    }
    http_connections_enter(http->connections, connection, HTTP_ANSWERING);
    enum MHD_Result result = dispatch(http, pending);
    http_connections_enter(http->connections, connection, HTTP_SENDING);
    return result;
}

static void completed(void *http_, struct MHD_Connection *connection, void **pending_,
                      enum MHD_RequestTerminationCode code)
{
    const struct http *http = http_;
    struct pending *pending = *pending_;
    (void)code;
    http_connections_enter(http->connections, connection, HTTP_RECEIVING);
    if (pending != NULL) {
        forget_parameters(&pending->request);
        free(pending->body);
    }
    free(pending);
    *pending_ = NULL;
}

/* ---- Open and close ------------------------------------------------------------------------------- */

int http_split(const char *listen, char **host, char **port)
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

static int bind_socket(const struct http_settings *settings, struct error *error)
{
    char *host, *port;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *address;
    if (http_split(settings->listen, &host, &port) != 0)
        return error_set(error, "%s: got '%s', wanted host:port", settings->option, settings->listen);
    int failure = getaddrinfo(host, port, &hints, &address);
    free(host);
    free(port);
    if (failure != 0)
        return error_set(error, "%s: '%s': %s", settings->option, settings->listen, gai_strerror(failure));
    const int on = 1, send_bytes = FEW_SEND_BYTES;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        (settings->most_answers > 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes) != 0) ||
        bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0) {
        error_set(error, "%s: cannot listen on '%s': %s", settings->option, settings->listen, strerror(errno));
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

int http_open(struct http **http_, const struct http_settings *settings, struct error *error)
{
    int fd = bind_socket(settings, error);
    if (fd < 0)
        return -1;
    struct http *http = alloc_zeroed(1, sizeof *http);
    *http = (struct http){
        .settings = *settings, .port = port_of(fd), .connections = http_connections_new(settings->most_answers)};
    unsigned threads = settings->own_threads ? MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION
                                             : MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO;
    *http_ = http; /* for those who answer, from the first request on */
    /* STRICT: what is no HTTP is refused, since a proxy in front may understand it in another way than we do; see
     * is_ambiguous() for what libmicrohttpd 0.9.75 takes for HTTP. */
    http->daemon = MHD_start_daemon(
        threads, 0, NULL, NULL, answer, http, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, begin, http,
        MHD_OPTION_NOTIFY_COMPLETED, completed, http, MHD_OPTION_NOTIFY_CONNECTION, http_connections_notify,
        http->connections, MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (http->daemon == NULL) {
        close(fd);
        http_connections_free(http->connections);
        free(http);
        *http_ = NULL;
        return error_set(error, "%s: the HTTP server did not start on '%s'", settings->option, settings->listen);
    }
    log_info("http", "%s: listening on %s, port %u", settings->option, settings->listen, http->port);
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
    http_connections_free(http->connections);
    free(http);
}

bool http_is_loopback(const char *listen)
{
    char *host, *port;
    if (http_split(listen, &host, &port) != 0)
        return false;
    struct in_addr address;
    bool is = strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
              (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET);
    free(host);
    free(port);
    return is;
}
