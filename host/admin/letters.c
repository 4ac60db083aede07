/* admin/letters.c - dead letters over HTTP, for the page: lists, counts, a letter whole; test, replay, discard.
 * GETs never act; what acts names its letters one by one. */
#include "admin/routes.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "dlq/letter_json.h"
#include "dlq/patch.h"
#include "dlq/replay.h"
#include "dlq/survey.h"
#include "dlq/text.h"
#include "plugin/crash.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BAD_REQUEST = 400, NOT_FOUND = 404, UNAVAILABLE = 503 };
enum { DEFAULT_LIMIT = 100, MOST_LISTED = 1000, TURN_TIMEOUT_MS = 10000 };

/* ---- A look at the topic --------------------------------------------------------------------------- */

/* What a request asks for; opened and closed around each. */
struct view {
    struct admin *admin;
    bool has_turn;
    struct letters letters;
    struct filter filter;
    struct error error;
};

static bool open_view(struct view *view, struct admin *admin, struct http_response *response)
{
    const struct reader_watch watch = {.stop = &admin->stopping};
    *view = (struct view){.admin = admin};
    filter_init(&view->filter);
    view->has_turn = turn_take(&admin->look, clock_now_ms() + TURN_TIMEOUT_MS, &admin->stopping);
    if (!view->has_turn)
        http_refuse(response, UNAVAILABLE, "others look for too long already, or this process is about to end");
    else if (admin->config->pipeline.dead_letter_topic == NULL)
        http_refuse(response, NOT_FOUND,
                    "this pipeline has no dead letters: errors.deadletterqueue.topic.name is not set");
    else if (letters_open(&view->letters, admin->config, admin->settings, &watch, &view->error) != 0)
        http_refuse(response, UNAVAILABLE, "%s", view->error.text);
    else
        return true;
    return false;
}

/* In any case. */
static void close_view(struct view *view)
{
    letters_close(&view->letters);
    if (view->has_turn)
        turn_end(&view->admin->look);
    filter_free(&view->filter);
}

/* From the query; false: refused. */
static bool read_filter(struct view *view, const struct http_request *request, struct http_response *response)
{
    const char *all = http_query(request, "all");
    view->filter.all = all != NULL && strcmp(all, "true") == 0;
    for (size_t i = 0; filter_name(i) != NULL; i++) {
        const char *text = http_query(request, filter_name(i));
        if (text != NULL && text[0] != '\0' && filter_set(&view->filter, filter_name(i), text, &view->error) != 0) {
            http_refuse(response, BAD_REQUEST, "%s: %s", filter_name(i), view->error.text);
            return false;
        }
    }
    return true;
}

/* ---- Reading --------------------------------------------------------------------------------------- */

/* A sink that has an option of this name looks things up by the field it names. */
static const char *key_field(const struct chain *chain)
{
    sluice_option row;
    if (!options_find(&chain->sink.plugin->options, "key.field", &row) || row.type != SLUICE_TYPE_STRING)
        return NULL;
    return *(const char *const *)((const char *)chain->sink.config + row.offset);
}

static void info(void *admin_, const struct http_request *request, struct http_response *response)
{
    const struct admin *admin = admin_;
    const struct pipeline_options *pipeline = &admin->config->pipeline;
    (void)request;
    admin_write(response, json_pack("{s:s, s:s?, s:s, s:s, s:s?, s:b}", "pipeline", pipeline->name, "topic",
                                    pipeline->dead_letter_topic, "sink", pipeline->sink, "plugin",
                                    admin->chain->sink.plugin->descriptor.name, "key_field", key_field(admin->chain),
                                    "lookup", admin->chain->sink.plugin->sink.lookup != NULL));
}

static json_t *entry_json(const struct view *view, const struct entry *entry, bool with_value)
{
    json_t *json = letter_json(entry, view->letters.topic, decisions_about(view->letters.decisions, entry), with_value);
    json_object_set_new(json, "open", json_boolean(!decisions_close(view->letters.decisions, entry)));
    return json;
}

static void write_list(struct view *view, size_t limit, struct http_response *response)
{
    struct entry **entries;
    size_t count;
    bool more;
    json_t *list = json_array();
    int failed = letters_newest(&view->letters, &view->filter, limit, &entries, &count, &more, &view->error);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, entry_json(view, entries[i], false));
        entry_free(entries[i]);
    }
    free(entries);
    if (failed) {
        json_decref(list);
        http_refuse(response, UNAVAILABLE, "%s", view->error.text);
        return;
    }
    admin_write(response, json_pack("{s:o, s:b}", "letters", list, "more", more));
}

static void list(void *admin, const struct http_request *request, struct http_response *response)
{
    struct view view;
    const char *text = http_query(request, "limit");
    char *end = "";
    long limit = text != NULL ? strtol(text, &end, 10) : DEFAULT_LIMIT;
    if (!open_view(&view, admin, response))
        ;
    else if (*end != '\0' || limit < 1 || limit > MOST_LISTED)
        http_refuse(response, BAD_REQUEST, "limit: got '%s', wanted a number from 1 to %d", text, MOST_LISTED);
    else if (read_filter(&view, request, response))
        write_list(&view, (size_t)limit, response);
    close_view(&view);
}

static void stats(void *admin, const struct http_request *request, struct http_response *response)
{
    struct view view;
    struct survey survey = {.by_count = 0};
    const char *by = http_query(request, "by");
    if (!open_view(&view, admin, response) || !read_filter(&view, request, response))
        ;
    else if (survey_parse_by(&survey, by != NULL ? by : "code", &view.error) != 0)
        http_refuse(response, BAD_REQUEST, "by: %s", view.error.text);
    else if (survey_run(&survey, &view.letters, &view.filter, &view.error) != 0)
        http_refuse(response, UNAVAILABLE, "%s", view.error.text);
    else
        admin_write(response, survey_json(&survey, view.letters.topic, INT64_MAX));
    survey_free(&survey);
    close_view(&view);
}

static bool keep(void *kept, struct entry *entry)
{
    *(struct entry **)kept = entry;
    return false;
}

static void show(void *admin, const struct http_request *request, struct http_response *response)
{
    struct view view;
    struct entry *entry = NULL;
    char *name = alloc_printf("%s:%s", request->parameters[0], request->parameters[1]);
    bool opened = open_view(&view, admin, response);
    view.filter.all = true;
    if (!opened)
        ;
    else if (filter_add_coordinates(&view.filter, name, &view.error) != 0 || !filter_is_by_letter(&view.filter))
        http_refuse(response, BAD_REQUEST, "got '%s', wanted PARTITION/OFFSET of a letter", name);
    else if (letters_each(&view.letters, &view.filter, keep, &entry, NULL, &view.error) != 0)
        http_refuse(response, UNAVAILABLE, "%s", view.error.text);
    else if (entry == NULL)
        http_refuse(response, NOT_FOUND, "there is no letter %s in %s", name, view.letters.topic);
    else
        admin_write(response, entry_json(&view, entry, true));
    entry_free(entry);
    free(name);
    close_view(&view);
}

/* ---- Acting ---------------------------------------------------------------------------------------- */

/* {"letters": ["0:42", …], "reason": …, "to": "sink" | "topic", "patch": {…}} */
struct order {
    const char *reason, *to, *topic, *as_topic;
    json_t *patch;
    enum order_kind { ORDER_TEST, ORDER_REPLAY, ORDER_DISCARD } kind;
    struct replay *replay;
    json_t *results;
    struct error error;
    bool failed;
};

static int patch_value(void *patch, const struct entry *entry, struct arena *arena, sluice_bytes *value,
                       struct error *why)
{
    (void)entry;
    return patch_apply(patch, *value, arena, value, why);
}

static void add_result(struct order *order, const struct entry *entry, const char *outcome, const char *code,
                       const char *text)
{
    char *letter = alloc_printf("%" PRId32 ":%" PRId64, entry->record->partition_number, entry->record->offset);
    json_array_append_new(order->results, json_pack("{s:s, s:s, s:o, s:o}", "letter", letter, "outcome", outcome,
                                                    "code", letter_json_text(code), "text", letter_json_text(text)));
    free(letter);
}

static bool carry_out(void *order_, struct entry *entry)
{
    struct order *order = order_;
    struct replay_result result;
    order->failed = order->kind == ORDER_DISCARD
                        ? replay_discard(order->replay, entry, order->reason, &order->error) != 0
                        : replay_letter(order->replay, entry, &result, &order->error) != 0;
    if (!order->failed && order->kind == ORDER_DISCARD)
        add_result(order, entry, outcome_name(OUTCOME_DISCARDED), NULL, "");
    else if (!order->failed)
        add_result(order, entry, replay_ending(&result, order->kind == ORDER_TEST), result.verdict.code, result.text);
    entry_free(entry);
    return !order->failed;
}

/* false: refused */
static bool read_order(struct view *view, json_t *body, struct order *order, struct http_response *response)
{
    json_t *letters = NULL, *letter;
    json_error_t why;
    size_t i;
    if (json_unpack_ex(body, &why, JSON_STRICT, "{s:o, s?s, s?s, s?s, s?s, s?o}", "letters", &letters, "reason",
                       &order->reason, "to", &order->to, "topic", &order->topic, "as_topic", &order->as_topic, "patch",
                       &order->patch) != 0) {
        http_refuse(response, BAD_REQUEST, "the body: %s", why.text);
        return false;
    }
    json_array_foreach(letters, i, letter)
    {
        const char *text = json_is_string(letter) ? json_string_value(letter) : "";
        if (filter_add_coordinates(&view->filter, text, &view->error) != 0) {
            http_refuse(response, BAD_REQUEST, "letters: %s", view->error.text);
            return false;
        }
    }
    if (!filter_is_by_letter(&view->filter))
        http_refuse(response, BAD_REQUEST, "letters: wanted an array of letters, PARTITION:OFFSET");
    else if (order->patch != NULL && !json_is_object(order->patch))
        http_refuse(response, BAD_REQUEST, "patch: wanted an object (RFC 7386)");
    else if (order->kind == ORDER_DISCARD && (order->reason == NULL || order->reason[0] == '\0'))
        http_refuse(response, BAD_REQUEST, "reason: wanted some words, which are kept with the decision");
    else if (order->kind == ORDER_REPLAY &&
             (order->to == NULL || (strcmp(order->to, "sink") != 0 && strcmp(order->to, "topic") != 0)))
        http_refuse(response, BAD_REQUEST, "to: wanted \"sink\" or \"topic\"");
    else if (order->topic != NULL &&
             (strcmp(order->topic, view->letters.topic) == 0 || strcmp(order->topic, view->letters.state_topic) == 0))
        http_refuse(response, BAD_REQUEST, "topic: '%s' is for dead letters", order->topic);
    else
        return true;
    return false;
}

/* Letters that were named and met no result: decided meanwhile, gone, or about a record that another one is about. */
static void tell_missing(const struct view *view, struct order *order)
{
    for (size_t i = 0; i < view->filter.coordinate_count && !order->failed; i++) {
        const struct coordinates *named = &view->filter.coordinates[i];
        char *letter = alloc_printf("%" PRId32 ":%" PRId64, named->partition, named->offset);
        bool found = false;
        json_t *result;
        size_t r;
        json_array_foreach(order->results, r, result) found |=
            strcmp(json_string_value(json_object_get(result, "letter")), letter) == 0;
        if (!found)
            json_array_append_new(order->results,
                                  json_pack("{s:s, s:s, s:n, s:s}", "letter", letter, "outcome", "left out", "code",
                                            "text", "it is decided already, or not there any more"));
        free(letter);
    }
}

static void follow_order(struct view *view, struct order *order, const char *peer, struct http_response *response)
{
    char *by = alloc_printf("admin page, %s", peer);
    const struct replay_options options = {
        .target = order->to != NULL && strcmp(order->to, "topic") == 0 ? REPLAY_TO_TOPIC : REPLAY_TO_SINK,
        .topic = order->topic,
        .as_topic = order->as_topic,
        .max_replay_count = order->kind == ORDER_TEST ? INT64_MAX : REPLAY_MAX_COUNT,
        .dry_run = order->kind == ORDER_TEST,
        .edit = order->patch != NULL ? patch_value : NULL,
        .opaque = order->patch,
        .by = by,
        .stop = &view->admin->stopping,
    };
    struct error warning = {.text = ""};
    sluice_verdict verdict;
    struct crash_stack stack;
    crash_stack_open(&stack);
    order->results = json_array();
    view->filter.all = order->kind == ORDER_TEST;
    const struct chain *chain = order->kind != ORDER_DISCARD ? view->admin->chain : NULL;
    if (replay_open(&order->replay, &view->letters, chain, &options, &verdict, &warning, &order->error) != 0)
        order->failed = true;
    else if (letters_each(&view->letters, &view->filter, carry_out, order, NULL, &order->error) != 0)
        order->failed = true;
    struct error *error = order->failed ? &warning : &order->error; /* the first failure is the one to tell */
    if (replay_close(order->replay, error) != 0)
        order->failed = true;
    crash_stack_close(&stack);
    if (order->failed)
        response->status = UNAVAILABLE;
    tell_missing(view, order);
    admin_write(response, json_pack("{s:o, s:o, s:o}", "results", order->results, "message",
                                    letter_json_text(order->failed ? order->error.text : NULL), "warning",
                                    letter_json_text(warning.text[0] != '\0' ? warning.text : NULL)));
    free(by);
}

static void act(struct admin *admin, enum order_kind kind, const struct http_request *request,
                struct http_response *response)
{
    struct view view;
    struct order order = {.kind = kind};
    json_error_t why;
    json_t *body = json_loadb(request->body, request->body_size, JSON_REJECT_DUPLICATES, &why);
    bool opened = open_view(&view, admin, response);
    if (!opened)
        ;
    else if (body == NULL)
        http_refuse(response, BAD_REQUEST, "the body is no JSON: line %d, column %d: %s", why.line, why.column,
                    why.text);
    else if (read_order(&view, body, &order, response))
        follow_order(&view, &order, request->peer, response);
    json_decref(body);
    close_view(&view);
}

static void test(void *admin, const struct http_request *request, struct http_response *response)
{
    act(admin, ORDER_TEST, request, response);
}

static void replay(void *admin, const struct http_request *request, struct http_response *response)
{
    act(admin, ORDER_REPLAY, request, response);
}

static void discard(void *admin, const struct http_request *request, struct http_response *response)
{
    act(admin, ORDER_DISCARD, request, response);
}

const struct http_route letter_routes[] = {
    {"GET", "/dlq/info", HTTP_READ, info},
    {"GET", "/dlq/letters", HTTP_READ, list},
    {"GET", "/dlq/letters/{partition}/{offset}", HTTP_READ, show},
    {"GET", "/dlq/stats", HTTP_READ, stats},
    {"POST", "/dlq/test", HTTP_CHANGE, test},
    {"POST", "/dlq/replay", HTTP_CHANGE, replay},
    {"POST", "/dlq/discard", HTTP_CHANGE, discard},
    {.method = NULL},
};
