/* mongodb-image on a real server (SLUICE_TEST_MONGODB_URI): versions, filling in, folding. */
#include "testing.h"

#include "harness.h"

#include <mongoc/mongoc.h>

static char uri_option[512];
static mongoc_client_t *client;
static mongoc_collection_t *collection;

static struct harness *open_sink(const char *more)
{
    struct harness *h = harness_open("mongodb-image", uri_option, "database=sluice-plugin-test",
                                     "collection=leaves-${topic}", more, NULL);
    assert_string_equal(h->problems, "");
    assert_true(h->instance.open);
    mongoc_collection_drop(collection, NULL);
    return h;
}

static bson_t *of_json(const char *json)
{
    bson_error_t error;
    bson_t *document = bson_new_from_json((const uint8_t *)json, -1, &error);
    if (document == NULL)
        fail_msg("%s: %s", json, error.message);
    return document;
}

static struct sluice_record *event(struct harness *h, const char *json)
{
    bson_t *document = of_json(json);
    void *copy = arena_copy(&h->arena, bson_get_data(document), document->len);
    struct sluice_record *record = harness_record(h, copy, document->len);
    record->view.format = SLUICE_BSON;
    bson_destroy(document);
    return record;
}

static void put_all(struct harness *h, const char *const *events, size_t count)
{
    struct sluice_record *records[HARNESS_MOST_RECORDS] = {NULL};
    for (size_t i = 0; i < count; i++)
        records[i] = event(h, events[i]);
    sluice_verdict returned = harness_put(h, records, count);
    for (size_t i = 0; i < count; i++)
        if (harness_verdict(h, returned, i) != SLUICE_OK)
            fail_msg("%s: %d %s: %s", events[i], harness_verdict(h, returned, i),
                     h->reports[i].code != NULL ? h->reports[i].code : "",
                     h->reports[i].text != NULL ? h->reports[i].text : "");
}

/* The documents as relaxed JSON without _id, in the order of their ids. */
static char *stored(void)
{
    bson_t *filter = bson_new(),
           *options = BCON_NEW("projection", "{", "_id", BCON_INT32(0), "}", "sort", "{", "id", BCON_INT32(1), "}");
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, filter, options, NULL);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const bson_t *document;
    while (mongoc_cursor_next(cursor, &document)) {
        char *json = bson_as_relaxed_extended_json(document, NULL);
        fprintf(out, "%s\n", json);
        bson_free(json);
    }
    fclose(out);
    mongoc_cursor_destroy(cursor);
    bson_destroy(filter);
    bson_destroy(options);
    return text;
}

static void stored_is(const char *wanted)
{
    char *got = stored();
    assert_string_equal(got, wanted);
    free(got);
}

#define AT(ms) "\"updated_at\":{\"$date\":" #ms "}"
#define SHOWN(ms) "\"updated_at\" : { \"$date\" : \"1970-01-01T00:00:0" #ms "Z\" }"

static void an_event_makes_its_document_with_its_fields_in_order(void **state)
{
    struct harness *h = open_sink(NULL);
    (void)state;
    put_all(h, (const char *const[]){"{\"z\":1,\"id\":7,\"a\":{\"$x\":\"$id\",\"c.d\":[1]}}"}, 1);
    stored_is("{ \"z\" : 1, \"id\" : 7, \"a\" : { \"$x\" : \"$id\", \"c.d\" : [ 1 ] } }\n");
    harness_close(h);
}

static void newer_and_equal_events_apply_and_older_ones_only_fill_in(void **state)
{
    struct harness *h = open_sink(NULL);
    (void)state;
    put_all(h, (const char *const[]){"{\"id\":1,\"a\":1," AT(2000) "}"}, 1);
    put_all(h, (const char *const[]){"{\"id\":1,\"a\":2,\"b\":2," AT(1000) "}"}, 1);
    stored_is("{ \"id\" : 1, \"a\" : 1, " SHOWN(2) ", \"b\" : 2 }\n");
    put_all(h, (const char *const[]){"{\"id\":1,\"a\":3," AT(2000) "}"}, 1);
    stored_is("{ \"id\" : 1, \"a\" : 3, " SHOWN(2) ", \"b\" : 2 }\n");
    put_all(h, (const char *const[]){"{\"id\":1,\"b\":{\"x\":1}," AT(3000) "}"}, 1);
    stored_is("{ \"id\" : 1, \"a\" : 3, " SHOWN(3) ", \"b\" : { \"x\" : 1 } }\n");
    put_all(h, (const char *const[]){"{\"id\":1,\"b\":{\"y\":1}," AT(4000) "}"}, 1); /* replaced whole */
    stored_is("{ \"id\" : 1, \"a\" : 3, " SHOWN(4) ", \"b\" : { \"y\" : 1 } }\n");
    harness_close(h);
}

static void an_event_without_a_version_applies_and_leaves_the_version_alone(void **state)
{
    struct harness *h = open_sink(NULL);
    (void)state;
    put_all(h, (const char *const[]){"{\"id\":1,\"a\":1," AT(2000) "}"}, 1);
    put_all(h, (const char *const[]){"{\"id\":1,\"is_deleted\":true,\"updated_at\":null}"}, 1);
    stored_is("{ \"id\" : 1, \"a\" : 1, " SHOWN(2) ", \"is_deleted\" : true }\n");
    harness_close(h);
    h = open_sink("version.missing=fill");
    put_all(h, (const char *const[]){"{\"id\":1,\"a\":1}", "{\"id\":1,\"a\":2,\"b\":2}"}, 2);
    stored_is("{ \"id\" : 1, \"a\" : 1, \"b\" : 2 }\n");
    harness_close(h);
    h = open_sink("version.missing=reject");
    struct sluice_record *record = event(h, "{\"id\":1}");
    sluice_verdict returned = harness_put(h, &record, 1);
    assert_int_equal(harness_verdict(h, returned, 0), SLUICE_REJECT);
    assert_string_equal(h->code, "mongodb.version-missing");
    harness_close(h);
}

static void a_document_without_a_version_is_older_than_any_event(void **state)
{
    struct harness *h = open_sink(NULL);
    bson_t *document = of_json("{\"id\":1,\"a\":1,\"updated_at\":null}");
    (void)state;
    assert_true(mongoc_collection_insert_one(collection, document, NULL, NULL, NULL));
    bson_destroy(document);
    put_all(h, (const char *const[]){"{\"id\":1,\"a\":2," AT(1000) "}"}, 1);
    stored_is("{ \"id\" : 1, \"a\" : 2, " SHOWN(1) " }\n");
    harness_close(h);
}

static void a_letter_sent_again_is_told_apart(void **state)
{
    struct harness *h = open_sink(NULL);
    (void)state;
    put_all(h, (const char *const[]){"{\"id\":1,\"a\":1," AT(2000) "}"}, 1);
    static const struct {
        const char *json;
        sluice_verdict verdict;
        const char *code;
    } replays[] = {
        {"{\"id\":1,\"a\":9," AT(1000) "}", SLUICE_DROP, "mongodb.stale"},
        {"{\"id\":1,\"b\":9," AT(1000) "}", SLUICE_OK, "mongodb.filled"},
        {"{\"id\":1,\"a\":2," AT(3000) "}", SLUICE_OK, ""},
        {"{\"id\":1,\"a\":2," AT(3000) "}", SLUICE_OK, "mongodb.unchanged"}, /* twice changes nothing */
        {"{\"id\":2,\"a\":2," AT(3000) "}", SLUICE_OK, ""},
    };
    for (size_t i = 0; i < sizeof replays / sizeof replays[0]; i++) {
        struct sluice_record *record = event(h, replays[i].json);
        record->view.original_offset = 1000 + (int64_t)i;
        sluice_verdict returned = harness_put(h, &record, 1);
        assert_int_equal(harness_verdict(h, returned, 0), replays[i].verdict);
        assert_string_equal(h->code, replays[i].code);
    }
    harness_close(h);
}

static void deleting_is_soft_unless_a_field_says_otherwise(void **state)
{
    static const char *const events[] = {"{\"id\":1,\"gone\":true," AT(1000) "}", "{\"id\":2,\"gone\":false}",
                                         "{\"id\":3,\"gone\":1}"};
    struct harness *h = open_sink(NULL);
    (void)state;
    put_all(h, events, 1);
    stored_is("{ \"id\" : 1, \"gone\" : true, " SHOWN(1) " }\n");
    harness_close(h);
    h = open_sink("delete.field=gone");
    put_all(h, events, 3); /* a document that is not there is gone already */
    stored_is("{ \"id\" : 2, \"gone\" : false }\n{ \"id\" : 3, \"gone\" : 1 }\n");
    harness_close(h);
}

static void a_delete_leaves_a_newer_document(void **state)
{
    struct harness *h = open_sink("delete.field=gone");
    (void)state;
    put_all(h, (const char *const[]){"{\"id\":1," AT(2000) "}", "{\"id\":2}", "{\"id\":3," AT(2000) "}"}, 3);
    put_all(h, (const char *const[]){"{\"id\":1,\"gone\":true," AT(1000) "}", "{\"id\":2,\"gone\":true," AT(1000) "}"},
            2);
    stored_is("{ \"id\" : 1, " SHOWN(2) " }\n{ \"id\" : 3, " SHOWN(2) " }\n");
    put_all(h, (const char *const[]){"{\"id\":1,\"gone\":true," AT(2000) "}", "{\"id\":3,\"gone\":true}"}, 2);
    stored_is("");
    harness_close(h);
}

static void a_tombstone_deletes_the_document_of_its_key(void **state)
{
    struct harness *h = open_sink("null.key.type=int");
    (void)state;
    put_all(h, (const char *const[]){"{\"id\":1," AT(2000) "}", "{\"id\":2," AT(2000) "}"}, 2);
    struct sluice_record *tombstone = harness_record(h, NULL, 0);
    tombstone->view.key = (sluice_bytes){"1", 1};
    assert_int_equal(harness_verdict(h, harness_put(h, &tombstone, 1), 0), SLUICE_OK);
    stored_is("{ \"id\" : 2, " SHOWN(2) " }\n");
    harness_close(h);
}

static void one_document_can_be_looked_up_and_all_be_counted(void **state)
{
    struct harness *h = open_sink(NULL);
    const char *json;
    (void)state;
    put_all(h, (const char *const[]){"{\"id\":7,\"a\":\"x\"}", "{\"id\":\"7\",\"a\":\"y\"}"}, 2);
    assert_int_equal(harness_lookup(h, "potato", "7", &json), SLUICE_OK);
    assert_non_null(strstr(json, "\"a\" : \"x\""));
    assert_int_equal(harness_lookup(h, "potato", "\"7\"", &json), SLUICE_OK);
    assert_non_null(strstr(json, "\"a\" : \"y\""));
    assert_int_equal(harness_lookup(h, "potato", "8", &json), SLUICE_OK);
    assert_string_equal(json, ""); /* not there */
    assert_int_equal(harness_lookup(h, "potato", NULL, &json), SLUICE_OK);
    assert_string_equal(json, "2");
    harness_close(h);
}

static void a_key_is_a_whole_number_or_a_text_and_nothing_else(void **state)
{
    static const char *const no_keys[] = {"",
                                          " ",
                                          "7, \"x\": 8",
                                          "{\"$gt\": 0}",
                                          "{\"$date\": 1}",
                                          "{\"$numberLong\": \"7\"}",
                                          "null",
                                          "true",
                                          "NaN",
                                          "[7]",
                                          "seven",
                                          "7}",
                                          "7}{\"a\":1",
                                          "7 ",
                                          " 7",
                                          "\t7",
                                          "+7",
                                          "-",
                                          "--7",
                                          "7.0",
                                          "7e0",
                                          "0x7",
                                          "\"",
                                          "\"7",
                                          "\"7\\\"",
                                          "\"7\" ",
                                          "\"7\",\"a\":\"1\"",
                                          "\"7\"}{\"a\":\"1\"",
                                          "\"\\x\"",
                                          "\"\xff\"",
                                          "18446744073709551623", /* 2^64 + 7 */
                                          "9223372036854775808",
                                          "-9223372036854775809",
                                          "99999999999999999999"};
    static const char *const keys[] = {"7",    "-9223372036854775808", "9223372036854775807", "\"7\"",
                                       "\"\"", "\"a\\\"b\\u00e9\""};
    struct harness *h = open_sink(NULL);
    const char *json;
    (void)state;
    put_all(h,
            (const char *const[]){"{\"id\":7}", "{\"id\":{\"$numberLong\":\"-9223372036854775808\"}}",
                                  "{\"id\":{\"$numberLong\":\"9223372036854775807\"}}", "{\"id\":\"7\"}",
                                  "{\"id\":\"\"}", "{\"id\":\"a\\\"b\\u00e9\"}"},
            6);
    for (size_t i = 0; i < sizeof no_keys / sizeof no_keys[0]; i++) {
        if (harness_lookup(h, "potato", no_keys[i], &json) != SLUICE_REJECT)
            fail_msg("%s is taken for a key: %s", no_keys[i], json);
        assert_string_equal(h->code, "mongodb.key-type");
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (harness_lookup(h, "potato", keys[i], &json) != SLUICE_OK || json[0] == '\0')
            fail_msg("%s is not found: %s", keys[i], h->code);
    harness_close(h);
}

static void a_document_whose_text_is_no_utf8_is_refused_with_the_name_of_its_field(void **state)
{
    static const char *const formats[] = {"lookup.format=extended", "lookup.format=event"};
    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct harness *h = open_sink(formats[i]);
        const char *json;
        bson_t *deep = BCON_NEW("id", BCON_INT32(7), "x", "{", "disease", "[", "b\xffight", "]", "}"),
               *symbol = BCON_NEW("id", BCON_INT32(8), "symbol", BCON_SYMBOL("b\xffight")),
               *name = BCON_NEW("id", BCON_INT32(9), "b\xffight", BCON_INT32(1));
        struct sluice_record *records[] = {harness_record(h, bson_get_data(deep), deep->len),
                                           harness_record(h, bson_get_data(symbol), symbol->len),
                                           harness_record(h, bson_get_data(name), name->len)};
        for (size_t j = 0; j < 3; j++)
            records[j]->view.format = SLUICE_BSON;
        assert_int_equal(harness_put(h, records, 3), SLUICE_OK);
        static const struct {
            const char *key, *told;
        } rows[] = {{"7", "field x "}, {"8", "field symbol "}, {"9", "field b\xffight "}};
        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(harness_lookup(h, "potato", rows[j].key, &json), SLUICE_FATAL);
            assert_string_equal(h->code, "mongodb.invalid-bson");
            assert_non_null(strstr(h->text, rows[j].told));
        }
        bson_destroy(deep);
        bson_destroy(symbol);
        bson_destroy(name);
        harness_close(h);
    }
}

/* Of the last command that read: how many documents, and how many keys of indexes. */
static void examined(int64_t *documents, int64_t *keys)
{
    bson_t *filter =
               BCON_NEW("ns", "sluice-plugin-test.leaves-potato", "op", "{", "$in", "[", "query", "command", "]", "}"),
           *options = BCON_NEW("sort", "{", "$natural", BCON_INT32(-1), "}", "limit", BCON_INT64(1));
    mongoc_collection_t *profile = mongoc_client_get_collection(client, "sluice-plugin-test", "system.profile");
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(profile, filter, options, NULL);
    const bson_t *told;
    bson_iter_t iter;
    assert_true(mongoc_cursor_next(cursor, &told));
    assert_true(bson_iter_init_find(&iter, told, "docsExamined"));
    *documents = bson_iter_as_int64(&iter);
    assert_true(bson_iter_init_find(&iter, told, "keysExamined"));
    *keys = bson_iter_as_int64(&iter);
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(profile);
    bson_destroy(filter);
    bson_destroy(options);
}

static void profile(int level)
{
    bson_t *command = BCON_NEW("profile", BCON_INT32(level));
    assert_true(mongoc_client_command_simple(client, "sluice-plugin-test", command, NULL, NULL, NULL));
    bson_destroy(command);
}

static void counting_reads_the_index_alone(void **state)
{
    static const char *const events[] = {"{\"id\":1}", "{\"id\":-2.5}", "{\"id\":\"x\"}", "{\"id\":true}"};
    struct harness *h = open_sink(NULL);
    const char *json;
    int64_t documents, keys;
    (void)state;
    put_all(h, events, 4);
    profile(2);
    assert_int_equal(harness_lookup(h, "potato", NULL, &json), SLUICE_OK);
    profile(0);
    assert_string_equal(json, "4");
    examined(&documents, &keys);
    assert_int_equal(documents, 0);
    assert_in_range(keys, 4, 5);
    harness_close(h);
}

/* The server is made to take its own time limits for over, where a command has one. */
static void the_server_gives_up_a_question_by_itself(void **state)
{
    static const char *const questions[] = {"1", NULL};
    struct harness *h = open_sink(NULL);
    const char *json;
    (void)state;
    put_all(h, (const char *const[]){"{\"id\":1}"}, 1);
    for (int over = 1; over >= 0; over--) {
        bson_t *command = BCON_NEW("configureFailPoint", "maxTimeAlwaysTimeOut", "mode", over ? "alwaysOn" : "off");
        assert_true(mongoc_client_command_simple(client, "admin", command, NULL, NULL, NULL));
        bson_destroy(command);
        for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
            assert_int_equal(harness_lookup(h, "potato", questions[i], &json), over ? SLUICE_RETRY : SLUICE_OK);
    }
    harness_close(h);
}

static void without_an_index_all_is_counted_too(void **state)
{
    struct harness *h = open_sink("unique.index=off");
    const char *json;
    (void)state;
    put_all(h, (const char *const[]){"{\"id\":1}", "{\"id\":\"x\"}"}, 2);
    assert_int_equal(harness_lookup(h, "potato", NULL, &json), SLUICE_OK);
    assert_string_equal(json, "2");
    harness_close(h);
}

static void make_index(const char *json)
{
    bson_error_t error;
    bson_t *index = of_json(json),
           *command = BCON_NEW("createIndexes", "leaves-potato", "indexes", "[", BCON_DOCUMENT(index), "]");
    if (!mongoc_client_command_simple(client, "sluice-plugin-test", command, NULL, NULL, &error))
        fail_msg("%s: %s", json, error.message);
    bson_destroy(command);
    bson_destroy(index);
}

static void an_index_of_another_name_will_do_and_what_is_in_the_way_is_told_before_and_while_it_runs(void **state)
{
    static const char *const topics[] = {"potato"};
    static const struct {
        const char *index;
        bool fine;
    } rows[] = {
        {"{\"key\":{\"id\":1},\"name\":\"foo\",\"unique\":true}", true},
        {"{\"key\":{\"id\":1},\"name\":\"foo\"}", true}, /* ours is made beside it */
        {"{\"key\":{\"id\":1},\"name\":\"foo\",\"unique\":true,\"sparse\":true}", true},
        {"{\"key\":{\"id\":1},\"name\":\"id_1\"}", false},
        {"{\"key\":{\"x\":1},\"name\":\"id_1\"}", false},
        {"{\"key\":{\"id\":1},\"name\":\"id_1\",\"unique\":true,\"sparse\":true}", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct harness *h = open_sink(NULL);
        make_index(rows[i].index);
        for (int create = 0; create < 2; create++) { /* `validate --connect`, then `run` */
            sluice_report report = {.arena = &h->arena};
            sluice_verdict verdict = instance_verify(&h->instance, &(sluice_list){topics, 1}, create, &report);
            if (verdict != (rows[i].fine ? SLUICE_OK : SLUICE_FATAL))
                fail_msg("%s: %d, %s", rows[i].index, verdict, report.call.text);
            if (rows[i].fine)
                continue;
            assert_string_equal(report.call.code, "mongodb.index");
            assert_non_null(strstr(report.call.text, "leaves-potato has an index id_1 that is in the way"));
        }
        if (rows[i].fine)
            put_all(h, (const char *const[]){"{\"id\":1}"}, 1);
        harness_close(h);
    }
}

/* Random events of few keys: cut into any batches they leave the same documents as one by one. */
static void any_batches_leave_the_same_documents(const char *option)
{
    seed_random("batches");
    struct harness *h = open_sink(option);
    for (int round = 0; round < 40; round++) {
        char events[60][160];
        const char *pointers[60];
        for (int i = 0; i < 60; i++) {
            char version[48] = "";
            if (random_below(4) != 0)
                snprintf(version, sizeof version, ",\"%s\":{\"$date\":%u}",
                         random_below(3) ? "updated_at" : "created_at", 1000 * random_below(6));
            else if (random_below(2) == 0)
                strcpy(version, ",\"updated_at\":null");
            snprintf(events[i], sizeof events[i], "{\"id\":%u,\"%c\":%d,\"gone\":%s%s}", random_below(4),
                     'a' + (int)random_below(5), i, random_below(5) == 0 ? "true" : "false", version);
            pointers[i] = events[i];
        }
        mongoc_collection_drop(collection, NULL);
        for (int i = 0; i < 60; i++)
            put_all(h, &pointers[i], 1);
        char *one_by_one = stored();
        mongoc_collection_drop(collection, NULL);
        for (size_t i = 0, size; i < 60; i += size) {
            size = 1 + random_below(60);
            size = size > 60 - i ? 60 - i : size;
            put_all(h, &pointers[i], size);
        }
        stored_is(one_by_one);
        free(one_by_one);
        harness_reset(h);
    }
    harness_close(h);
}

static void folding_events_changes_no_document(void **state)
{
    (void)state;
    any_batches_leave_the_same_documents(NULL);
}

static void deletes_act_in_their_order_among_other_events(void **state)
{
    (void)state;
    any_batches_leave_the_same_documents("delete.field=gone");
}

static void the_largest_documents_are_stored_or_refused_but_never_retried(void **state)
{
    static const size_t sizes[] = {16777216 - 100, 16777216 - 17, 16777216, 16777217, 16777216 + 5000};
    struct harness *h = open_sink(NULL);
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        bson_t *document = BCON_NEW("id", BCON_INT32((int)i));
        size_t filler = sizes[i] - document->len - 1 - 2 - 4 - 1; /* type, name "d", length, subtype */
        uint8_t *data = calloc(1, filler);
        bson_append_binary(document, "d", -1, BSON_SUBTYPE_BINARY, data, (uint32_t)filler);
        assert_int_equal(document->len, sizes[i]);
        struct sluice_record *records[] = {event(h, "{\"id\":100}"),
                                           harness_record(h, bson_get_data(document), document->len),
                                           event(h, "{\"id\":101}")};
        records[1]->view.format = SLUICE_BSON;
        sluice_verdict returned = harness_put(h, records, 3);
        assert_int_equal(harness_verdict(h, returned, 0), SLUICE_OK);
        assert_int_equal(harness_verdict(h, returned, 2), SLUICE_OK);
        sluice_verdict verdict = harness_verdict(h, returned, 1);
        if (i == 0)
            assert_int_equal(verdict, SLUICE_OK);
        else if (verdict != SLUICE_OK) {
            assert_int_equal(verdict, SLUICE_REJECT);
            assert_string_equal(h->reports[1].code, "mongodb.document-too-large");
        }
        if (sizes[i] > 16777216)
            assert_int_equal(verdict, SLUICE_REJECT);
        bson_destroy(document);
        free(data);
    }
    harness_close(h);
}

int main(void)
{
    const char *uri = getenv("SLUICE_TEST_MONGODB_URI");
    if (uri == NULL) {
        fprintf(stderr,
                "SLUICE_TEST_MONGODB_URI is not set: run tests/e2e/test_mongodb_image.py, which starts a server\n");
        return 2;
    }
    snprintf(uri_option, sizeof uri_option, "connection.uri=%s", uri);
    mongoc_init();
    client = mongoc_client_new(uri);
    collection = mongoc_client_get_collection(client, "sluice-plugin-test", "leaves-potato");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_makes_its_document_with_its_fields_in_order),
        cmocka_unit_test(newer_and_equal_events_apply_and_older_ones_only_fill_in),
        cmocka_unit_test(an_event_without_a_version_applies_and_leaves_the_version_alone),
        cmocka_unit_test(a_document_without_a_version_is_older_than_any_event),
        cmocka_unit_test(a_letter_sent_again_is_told_apart),
        cmocka_unit_test(deleting_is_soft_unless_a_field_says_otherwise),
        cmocka_unit_test(a_delete_leaves_a_newer_document),
        cmocka_unit_test(a_tombstone_deletes_the_document_of_its_key),
        cmocka_unit_test(one_document_can_be_looked_up_and_all_be_counted),
        cmocka_unit_test(a_key_is_a_whole_number_or_a_text_and_nothing_else),
        cmocka_unit_test(counting_reads_the_index_alone),
        cmocka_unit_test(without_an_index_all_is_counted_too),
        cmocka_unit_test(the_server_gives_up_a_question_by_itself),
        cmocka_unit_test(a_document_whose_text_is_no_utf8_is_refused_with_the_name_of_its_field),
        cmocka_unit_test(an_index_of_another_name_will_do_and_what_is_in_the_way_is_told_before_and_while_it_runs),
        cmocka_unit_test(folding_events_changes_no_document),
        cmocka_unit_test(deletes_act_in_their_order_among_other_events),
        cmocka_unit_test(the_largest_documents_are_stored_or_refused_but_never_retried),
    };
    int failures = RUN(tests);
    mongoc_collection_destroy(collection);
    mongoc_client_destroy(client);
    return failures;
}
