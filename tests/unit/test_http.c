/* The read-only listener, over real connections. */
#include "testing.h"

#include "ops/health.h"
#include "ops/http_guard.h"
#include "ops/probes.h"
#include "ops/vitals.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

static struct http *http;
static int64_t live_limit_ms = 60000;

static void tell_query(void *opaque, const struct http_request *request, struct http_response *response)
{
    (void)opaque;
    fprintf(response->body, "%s%s %s", http_query_has(request, "expand", "status") ? "status " : "",
            http_query_has(request, "expand", "info") ? "info" : "", http_header(request, "content-TYPE"));
}

static void tell_rest(void *opaque, const struct http_request *request, struct http_response *response)
{
    (void)opaque;
    fprintf(response->body, "%s|%s %zu", request->parameters[0], request->parameters[1], request->body_size);
}

static void refuse(void *opaque, const struct http_request *request, struct http_response *response)
{
    (void)opaque, (void)request;
    http_refuse(response, 405, "not here");
}

enum { MUCH_BYTES = 16 << 20 }; /* more than the kernel takes for who does not read */
static atomic_int much_told;

static void tell_much(void *opaque, const struct http_request *request, struct http_response *response)
{
    (void)opaque, (void)request;
    atomic_fetch_add(&much_told, 1);
    fprintf(response->body, "%*d", MUCH_BYTES, 7);
}

static const struct http_route some_routes[] = {
    {"GET", "/much", HTTP_READ, tell_much},
    {"PUT", "/things", HTTP_READ, tell_query},
    {"POST", "/things", HTTP_NEVER, refuse},
    {"GET", "/things/{name}/{rest...}", HTTP_READ, tell_rest},
    {.method = NULL},
};
static const struct http_route *const tables[] = {probe_routes, some_routes, NULL};

static int open_on(struct http **opened, const char *listen_on, struct error *error)
{
    const struct http_settings settings = {
        .option = "metrics.listen", .listen = listen_on, .tables = tables, .opaque = &live_limit_ms};
    return http_open(opened, &settings, error);
}

static int connect_to_port(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    const struct timeval patience = {.tv_sec = 15};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static int connect_to(void)
{
    return connect_to_port(http_port(http));
}

static char *answer_to(const char *request)
{
    static char answer[65536];
    int fd = connect_to();
    size_t size = strlen(request), got = 0;
    assert_int_equal(write(fd, request, size), (ssize_t)size);
    for (ssize_t n; got < sizeof answer - 1 && (n = read(fd, answer + got, sizeof answer - 1 - got)) > 0;)
        got += (size_t)n;
    answer[got] = '\0';
    close(fd);
    return answer;
}

#define REQUEST(method, path) method " " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"

static void begins(const char *text, const char *begin)
{
    if (strncmp(text, begin, strlen(begin)) != 0)
        fail_msg("wanted '%s', got: %.200s", begin, text);
}

static void the_three_pages_are_served(void **state)
{
    (void)state;
    char *answer = answer_to(REQUEST("GET", "/metrics?name=x") "\r\n");
    begins(answer, "HTTP/1.1 200 ");
    assert_non_null(strstr(answer, "Content-Type: text/plain; version=0.0.4"));
    assert_non_null(strstr(answer, "\nprocess_cpu_seconds_total "));
    begins(answer_to(REQUEST("GET", "/live") "\r\n"), "HTTP/1.1 503 ");
    health_alive();
    begins(answer_to(REQUEST("GET", "/live") "\r\n"), "HTTP/1.1 200 ");
    health_tell("broker", false, "away");
    answer = answer_to(REQUEST("GET", "/ready") "\r\n");
    begins(answer, "HTTP/1.1 503 ");
    assert_non_null(strstr(answer, "\"detail\": \"away\""));
}

static void metrics_come_in_the_format_that_is_asked_for(void **state)
{
    (void)state;
    /* as Prometheus 2.53 asks */
    char *answer = answer_to(REQUEST("GET", "/metrics") "accept: application/openmetrics-text;version=1.0.0;q=0.5,"
                                                        "application/openmetrics-text;version=0.0.1;q=0.4,"
                                                        "text/plain;version=0.0.4;q=0.3,*/*;q=0.2\r\n\r\n");
    assert_non_null(strstr(answer, "Content-Type: application/openmetrics-text; version=1.0.0"));
    assert_string_equal(answer + strlen(answer) - strlen("# EOF\n"), "# EOF\n");
    answer = answer_to(REQUEST("GET", "/metrics") "Accept: text/html, */*;q=0.8\r\n\r\n"); /* a browser */
    assert_non_null(strstr(answer, "Content-Type: text/plain; version=0.0.4"));
    assert_null(strstr(answer, "# EOF"));
}

static void head_has_no_body(void **state)
{
    (void)state;
    char *answer = answer_to(REQUEST("HEAD", "/metrics") "\r\n");
    begins(answer, "HTTP/1.1 200 ");
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
}

static void other_methods_and_paths_are_refused_in_json(void **state)
{
    (void)state;
    char *answer = answer_to(REQUEST("POST", "/metrics") "Content-Length: 3\r\n\r\nabc");
    begins(answer, "HTTP/1.1 405 ");
    assert_non_null(strstr(answer, "Allow: GET, HEAD"));
    assert_non_null(strstr(answer, "{\"error_code\": 405, \"message\": \""));
    begins(answer_to(REQUEST("GET", "/metrics/") "\r\n"), "HTTP/1.1 200 ");
    begins(answer_to(REQUEST("GET", "/metrics/x") "\r\n"), "HTTP/1.1 404 ");
    begins(answer_to(REQUEST("DELETE", "/") "\r\n"), "HTTP/1.1 404 ");
}

static void a_method_that_can_never_be_is_told_with_those_that_can(void **state)
{
    (void)state;
    char *answer = answer_to(REQUEST("POST", "/things") "Content-Length: 0\r\n\r\n");
    begins(answer, "HTTP/1.1 405 ");
    assert_non_null(strstr(answer, "Allow: PUT\r\n"));
    assert_non_null(strstr(answer, "not here"));
}

static void a_get_takes_no_body_and_a_body_that_is_refused_is_not_kept(void **state)
{
    static char request[(1 << 20) + 4096];
    (void)state;
    int head = snprintf(request, sizeof request, REQUEST("GET", "/things/a/b") "Content-Length: %d\r\n\r\n", 1 << 20);
    memset(request + head, 'x', 1 << 20);
    assert_non_null(strstr(answer_to(request), "\r\n\r\na|b 0"));
    assert_non_null(strstr(answer_to(REQUEST("PUT", "/things") "Content-Length: 3\r\n\r\nabc"), " 200 "));
    head = snprintf(request, sizeof request, REQUEST("PUT", "/things") "Content-Length: %d\r\n\r\n", (1 << 20) + 1);
    memset(request + head, 'x', (1 << 20) + 1);
    begins(answer_to(request), "HTTP/1.1 413 ");
}

/* A proxy in front would go by the other. */
static void what_can_be_read_in_two_ways_is_refused_and_the_connection_is_closed(void **state)
{
#define KEPT(method, path) method " " path " HTTP/1.1\r\nHost: x\r\n"
    static const char *const requests[] = {
        KEPT("PUT", "/things") "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        KEPT("PUT", "/things") "Transfer-Encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        KEPT("PUT", "/things") "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        KEPT("PUT", "/things") "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        KEPT("PUT", "/things") "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
        KEPT("GET", "/live") "hOST: y\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        char *answer = answer_to(requests[i]);
        begins(answer, "HTTP/1.1 400 ");
        assert_non_null(strstr(answer, "Connection: close"));
        assert_null(strstr(answer + 1, "HTTP/1.1 "));
    }
    begins(answer_to(REQUEST("PUT", "/things") "Transfer-Encoding: CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
           "HTTP/1.1 200 ");
}

/* Whoever looks at the path before us must see what we see. */
static void a_nul_in_a_path_or_query_is_refused(void **state)
{
    (void)state;
    begins(answer_to(REQUEST("GET", "/live%00.public") "\r\n"), "HTTP/1.1 400 ");
    begins(answer_to(REQUEST("GET", "/things/a/b?x=1%00") "\r\n"), "HTTP/1.1 400 ");
    begins(answer_to(REQUEST("GET", "/things/a/%2500") "\r\n"), "HTTP/1.1 200 ");
    assert_non_null(strstr(answer_to(REQUEST("GET", "/things/a%2Fb/c") "\r\n"), "\r\n\r\na|b/c"));
}

static void queries_headers_and_paths_reach_the_answer_decoded(void **state)
{
    (void)state;
    const char *answer =
        answer_to(REQUEST("PUT", "/things?expand=status&x=1&expand=in%66o") "Content-Type: a/b\r\n\r\n");
    assert_non_null(strstr(answer, "\r\n\r\nstatus info a/b"));
    assert_non_null(strstr(answer_to(REQUEST("GET", "/things/a%20b/c/d/") "\r\n"), "\r\n\r\na b|c/d/"));
}

static void rubbish_and_huge_headers_leave_it_serving(void **state)
{
    char *huge = calloc(1, 40000);
    (void)state;
    strcpy(huge, "GET /live HTTP/1.1\r\nHost: x\r\nX: ");
    memset(huge + strlen(huge), 'x', 30000);
    strcat(huge, "\r\n\r\n");
    char *answer = answer_to(huge);
    assert_true(answer[0] == '\0' || strstr(answer, " 431 ") != NULL || strstr(answer, " 413 ") != NULL);
    answer_to("\x16\x03\x01 not http\r\n\r\n");
    free(huge);
    begins(answer_to(REQUEST("GET", "/live") "\r\n"), "HTTP/1.1 200 ");
}

static void idle_and_slow_connections_keep_nobody_out(void **state)
{
    enum { MANY = 300 };
    static const char unfinished[] = "GET /live HTTP/1.1\r\nX: ";
    int fds[MANY];
    (void)state;
    for (int i = 0; i < MANY; i++) {
        fds[i] = connect_to();
        if (i % 2 == 1) /* a request that never ends; what is cut off by then may say so */
            (void)send(fds[i], unfinished, sizeof unfinished - 1, MSG_NOSIGNAL);
    }
    begins(answer_to(REQUEST("GET", "/live") "\r\n"), "HTTP/1.1 200 ");
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
}

static void who_sends_on_and_on_is_cut_off(void **state)
{
    static const char head[] = REQUEST("POST", "/live") "Content-Length: 99999999999\r\n\r\n";
    static const char megabyte[1 << 20];
    int fd = connect_to(), megabytes = 0;
    (void)state;
    assert_true(send(fd, head, sizeof head - 1, MSG_NOSIGNAL) > 0);
    while (megabytes < 1000 && send(fd, megabyte, sizeof megabyte, MSG_NOSIGNAL) > 0)
        megabytes++;
    assert_in_range(megabytes, 1, 100);
    close(fd);
    begins(answer_to(REQUEST("GET", "/live") "\r\n"), "HTTP/1.1 200 ");
}

/* ---- Few answers at once ---------------------------------------------------------------------------- */

enum { MOST_ANSWERS = 2, ASKERS = 6 };

static struct http *open_for_few(void)
{
    const struct http_settings settings = {.option = "read.listen",
                                           .listen = "127.0.0.1:0",
                                           .tables = tables,
                                           .opaque = &live_limit_ms,
                                           .own_threads = true,
                                           .most_answers = MOST_ANSWERS};
    struct http *few;
    struct error error;
    assert_int_equal(http_open(&few, &settings, &error), 0);
    atomic_store(&much_told, 0);
    return few;
}

static void ask_for_much(struct http *few, int *fds, size_t count)
{
    static const char request[] = REQUEST("GET", "/much") "\r\n";
    for (size_t i = 0; i < count; i++) {
        fds[i] = connect_to_port(http_port(few));
        assert_int_equal(write(fds[i], request, sizeof request - 1), sizeof request - 1);
    }
}

static void wait_until_told(int count)
{
    for (int i = 0; i < 1000 && atomic_load(&much_told) < count; i++)
        usleep(10000);
    usleep(200000); /* for those that should not be told */
    assert_int_equal(atomic_load(&much_told), count);
}

static size_t read_to_the_end(int fd)
{
    static char part[1 << 16];
    size_t got = 0;
    for (ssize_t n; (n = read(fd, part, sizeof part)) > 0;)
        got += (size_t)n;
    close(fd);
    return got;
}

static void answers_that_nobody_reads_are_few_and_the_rest_comes_when_they_are_read(void **state)
{
    struct http *few = open_for_few();
    struct pollfd waiting[ASKERS];
    int fds[ASKERS];
    (void)state;
    ask_for_much(few, fds, ASKERS);
    for (size_t i = 0; i < ASKERS; i++)
        waiting[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    wait_until_told(MOST_ANSWERS);
    for (int done = 0; done < ASKERS; done++) {
        size_t i = 0;
        assert_true(poll(waiting, ASKERS, 10000) > 0);
        while (waiting[i].revents == 0)
            i++;
        assert_true(atomic_load(&much_told) <= done + MOST_ANSWERS);
        assert_true(read_to_the_end(fds[i]) > MUCH_BYTES);
        waiting[i].fd = -1;
    }
    http_close(few);
}

static void who_does_not_read_gives_way_to_who_waits(void **state)
{
    struct http *few = open_for_few();
    int slow[MOST_ANSWERS], fd;
    (void)state;
    ask_for_much(few, slow, MOST_ANSWERS);
    wait_until_told(MOST_ANSWERS);
    ask_for_much(few, &fd, 1);
    assert_true(read_to_the_end(fd) > MUCH_BYTES);
    size_t cut_off = 0;
    for (size_t i = 0; i < MOST_ANSWERS; i++)
        cut_off += read_to_the_end(slow[i]) < MUCH_BYTES;
    assert_true(cut_off > 0);
    http_close(few);
}

static void an_address_that_cannot_be_listened_on_is_named(void **state)
{
    struct http *second = NULL;
    struct error error;
    char listen_on[32];
    (void)state;
    snprintf(listen_on, sizeof listen_on, "127.0.0.1:%u", http_port(http));
    assert_int_equal(open_on(&second, listen_on, &error), -1);
    assert_non_null(strstr(error.text, listen_on));
    assert_int_equal(open_on(&second, "no-port", &error), -1);
    http_close(NULL);
}

/* ---- The guard ------------------------------------------------------------------------------------ */

static const char *const names[] = {"sluice.example"};
static const struct http_settings guarded = {.listen = "10.0.0.7:8083", .guarded = true, .hosts = {names, 1}};

static unsigned guard(const struct http_settings *settings, enum http_access access, const char *host,
                      const char *origin, const char *authorization)
{
    const char *why;
    const struct http_credentials credentials = {.host = host, .origin = origin, .authorization = authorization};
    return http_guard(settings, access, &credentials, &why);
}

static unsigned guard_fetch(enum http_access access, const char *fetch_site)
{
    const char *why;
    const struct http_credentials credentials = {.host = "localhost:1", .fetch_site = fetch_site};
    return http_guard(&guarded, access, &credentials, &why);
}

static void only_hosts_of_ours_are_answered(void **state)
{
    static const char *const known[] = {"localhost", "localhost:8083", "127.0.0.1:1",    "[::1]:8083",
                                        "10.0.0.7",  "10.0.0.7:8083",  "sluice.example", "SLUICE.example:80"};
    static const char *const unknown[] = {
        "evil.example", "localhost.evil.example", "127.0.0.1.evil", "10.0.0.70", "", "evil.example:8083", "[::2]:8083"};
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        assert_int_equal(guard(&guarded, HTTP_READ, known[i], NULL, NULL), 0);
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_int_equal(guard(&guarded, HTTP_ASSET, unknown[i], NULL, NULL), 421);
    assert_int_equal(guard(&guarded, HTTP_READ, NULL, NULL, NULL), 421);
}

static void a_change_without_a_token_comes_from_our_own_page_or_from_no_page(void **state)
{
    (void)state;
    assert_int_equal(guard(&guarded, HTTP_CHANGE, "localhost:1", NULL, NULL), 0);
    assert_int_equal(guard(&guarded, HTTP_CHANGE, "localhost:1", "", NULL), 403);
    assert_int_equal(guard(&guarded, HTTP_CHANGE, "localhost:1", "http://evil.example", NULL), 403);
    assert_int_equal(guard(&guarded, HTTP_CHANGE, "localhost:1", "http://localhost:2", NULL), 403);
    assert_int_equal(guard(&guarded, HTTP_CHANGE, "localhost:1", "null", NULL), 403);
    assert_int_equal(guard(&guarded, HTTP_CHANGE, "localhost:1", "http://localhost:1", NULL), 0);
    assert_int_equal(guard(&guarded, HTTP_READ, "localhost:1", "http://evil.example", NULL), 0);
}

static void a_browser_that_says_it_asks_for_another_site_is_refused(void **state)
{
    static const char *const others[] = {"cross-site", "same-site", "", "whatever comes next"};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(guard_fetch(HTTP_CHANGE, others[i]), 403);
        assert_int_equal(guard_fetch(HTTP_READ, others[i]), 403);
    }
    assert_int_equal(guard_fetch(HTTP_CHANGE, "same-origin"), 0);
    assert_int_equal(guard_fetch(HTTP_READ, "none"), 0);
}

static void where_there_is_a_token_it_is_what_counts(void **state)
{
    struct http_settings settings = guarded;
    settings.token = "S3cr3t";
    (void)state;
    assert_int_equal(guard(&settings, HTTP_ASSET, "localhost", NULL, NULL), 0);
    assert_int_equal(guard(&settings, HTTP_READ, "localhost", NULL, NULL), 401);
    assert_int_equal(guard(&settings, HTTP_CHANGE, "localhost", "http://localhost", NULL), 401);
    assert_int_equal(guard(&settings, HTTP_CHANGE, "localhost", NULL, "Bearer S3cr3"), 401);
    assert_int_equal(guard(&settings, HTTP_CHANGE, "localhost", NULL, "Bearer S3cr3t2"), 401);
    assert_int_equal(guard(&settings, HTTP_CHANGE, "localhost", NULL, "Basic S3cr3t"), 401);
    assert_int_equal(guard(&settings, HTTP_CHANGE, "localhost", NULL, "bearer S3cr3t"), 0);
    assert_int_equal(guard(&settings, HTTP_CHANGE, "evil.example", NULL, "Bearer S3cr3t"), 421);
    assert_int_equal(guard(&settings, HTTP_CHANGE, "localhost", "http://evil.example", "Bearer S3cr3t"), 0);
}

/* What a browser keeps and sends by itself is no proof of who asks. */
static void the_token_may_be_a_password_but_not_for_another_sites_page(void **state)
{
    static const char any_user[] = "Basic eDpTM2NyM3Q=", wrong[] = "Basic eDpTM2NyM3Q0", no_user[] = "Basic UzNjcjN0";
    struct http_settings settings = guarded;
    settings.token = "S3cr3t";
    (void)state;
    assert_int_equal(guard(&settings, HTTP_CHANGE, "localhost", NULL, any_user), 0);
    assert_int_equal(guard(&settings, HTTP_CHANGE, "localhost", "http://localhost", any_user), 0);
    assert_int_equal(guard(&settings, HTTP_CHANGE, "localhost", "http://evil.example", any_user), 403);
    assert_int_equal(guard(&settings, HTTP_READ, "localhost", NULL, wrong), 401);
    assert_int_equal(guard(&settings, HTTP_READ, "localhost", NULL, no_user), 401);
    assert_int_equal(guard(&settings, HTTP_READ, "localhost", NULL, "Basic ???"), 401);
    assert_int_equal(guard(&settings, HTTP_READ, "localhost", NULL, "Basic "), 401);
}

int main(void)
{
    struct error error;
    vitals_init();
    if (open_on(&http, "127.0.0.1:0", &error) != 0) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_three_pages_are_served),
        cmocka_unit_test(metrics_come_in_the_format_that_is_asked_for),
        cmocka_unit_test(head_has_no_body),
        cmocka_unit_test(other_methods_and_paths_are_refused_in_json),
        cmocka_unit_test(a_method_that_can_never_be_is_told_with_those_that_can),
        cmocka_unit_test(a_get_takes_no_body_and_a_body_that_is_refused_is_not_kept),
        cmocka_unit_test(what_can_be_read_in_two_ways_is_refused_and_the_connection_is_closed),
        cmocka_unit_test(a_nul_in_a_path_or_query_is_refused),
        cmocka_unit_test(queries_headers_and_paths_reach_the_answer_decoded),
        cmocka_unit_test(rubbish_and_huge_headers_leave_it_serving),
        cmocka_unit_test(idle_and_slow_connections_keep_nobody_out),
        cmocka_unit_test(answers_that_nobody_reads_are_few_and_the_rest_comes_when_they_are_read),
        cmocka_unit_test(who_does_not_read_gives_way_to_who_waits),
        cmocka_unit_test(who_sends_on_and_on_is_cut_off),
        cmocka_unit_test(an_address_that_cannot_be_listened_on_is_named),
        cmocka_unit_test(only_hosts_of_ours_are_answered),
        cmocka_unit_test(a_change_without_a_token_comes_from_our_own_page_or_from_no_page),
        cmocka_unit_test(a_browser_that_says_it_asks_for_another_site_is_refused),
        cmocka_unit_test(where_there_is_a_token_it_is_what_counts),
        cmocka_unit_test(the_token_may_be_a_password_but_not_for_another_sites_page),
    };
    int failures = RUN(tests);
    http_close(http);
    return failures;
}
