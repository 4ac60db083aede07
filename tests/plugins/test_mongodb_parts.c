/* mongodb-image without a server: events checked, folded and cut into commands, and recorded replies judged. */
#include "testing.h"

#include "index_fit.h"
#include "outcome.h"
#include "plain_json.h"
#include "plan.h"
#include "statement.h"

#include <mongoc/mongoc.h>

static const char *const version_fields[] = {"updated_at", "created_at"};
static const struct mongodb_config config = {
    .key_field = "id", .version_fields = {version_fields, 2}, .version_missing = VERSION_MISSING_APPLY};

/* ---- Replies -------------------------------------------------------------------------------------- */

struct judged {
    struct statement_outcome outcomes[3];
    bool failed;
};

static struct judged judge_of(enum operation operation, const char *reply_json, const bson_error_t *error)
{
    struct judged judged;
    bson_t *reply = bson_new_from_json((const uint8_t *)reply_json, -1, NULL);
    assert_non_null(reply);
    judged.failed = outcome_judge(reply, error, operation, "id", judged.outcomes, 3);
    bson_destroy(reply);
    return judged;
}

static struct judged judge(const char *reply_json, const bson_error_t *error)
{
    return judge_of(OPERATION_MERGE, reply_json, error);
}

static void verdicts_are(const struct judged *judged, sluice_verdict a, sluice_verdict b, sluice_verdict c)
{
    assert_int_equal(judged->outcomes[0].verdict, a);
    assert_int_equal(judged->outcomes[1].verdict, b);
    assert_int_equal(judged->outcomes[2].verdict, c);
}

static void success_stores_all(void **state)
{
    (void)state;
    struct judged j = judge("{\"ok\":1,\"n\":3,\"nModified\":1}", NULL);
    verdicts_are(&j, SLUICE_OK, SLUICE_OK, SLUICE_OK);
    assert_false(j.failed);
}

static void write_errors_go_by_code_and_the_rest_is_stored(void **state)
{
    (void)state;
    struct judged j = judge("{\"ok\":1,\"n\":1,\"writeErrors\":[{\"index\":1,\"code\":121,\"errmsg\":\"no\"},"
                            "{\"index\":2,\"code\":112,\"errmsg\":\"conflict\"}]}",
                            NULL);
    verdicts_are(&j, SLUICE_OK, SLUICE_REJECT, SLUICE_RETRY);
    assert_string_equal(j.outcomes[1].code, "mongodb.validation");
    assert_string_equal(j.outcomes[1].text, "no (MongoDB error 121)");
}

static void only_a_duplicate_of_the_business_key_means_that_it_exists(void **state)
{
    (void)state;
    struct judged j = judge("{\"ok\":1,\"n\":1,\"writeErrors\":[{\"index\":0,\"code\":11000,\"keyPattern\":{\"id\":1}},"
                            "{\"index\":1,\"code\":11000,\"keyPattern\":{\"serial\":1}}]}",
                            NULL);
    verdicts_are(&j, SLUICE_RETRY, SLUICE_REJECT, SLUICE_OK);
    assert_string_equal(j.outcomes[1].code, "mongodb.duplicate-key");
    j = judge("{\"ok\":1,\"n\":2,\"writeErrors\":[{\"index\":0,\"code\":11000,\"keyPattern\":{\"id\":1,\"x\":1}}]}",
              NULL);
    verdicts_are(&j, SLUICE_REJECT, SLUICE_OK, SLUICE_OK);
}

static void a_write_concern_error_brings_all_again_but_what_was_refused(void **state)
{
    (void)state;
    struct judged j = judge("{\"ok\":1,\"n\":2,\"writeErrors\":[{\"index\":1,\"code\":121}],"
                            "\"writeConcernError\":{\"code\":64,\"errmsg\":\"timed out\"}}",
                            NULL);
    verdicts_are(&j, SLUICE_RETRY, SLUICE_REJECT, SLUICE_RETRY);
    assert_string_equal(j.outcomes[0].code, "mongodb.write-concern");
}

static void a_delete_may_find_nothing_but_no_more_than_it_has_statements(void **state)
{
    (void)state;
    struct judged j = judge_of(OPERATION_DELETE, "{\"ok\":1,\"n\":0}", NULL);
    verdicts_are(&j, SLUICE_OK, SLUICE_OK, SLUICE_OK);
    j = judge_of(OPERATION_DELETE, "{\"ok\":1,\"n\":2,\"writeErrors\":[{\"index\":1,\"code\":112}]}", NULL);
    verdicts_are(&j, SLUICE_OK, SLUICE_RETRY, SLUICE_OK);
    j = judge_of(OPERATION_DELETE, "{\"ok\":1,\"n\":4}", NULL);
    verdicts_are(&j, SLUICE_RETRY, SLUICE_RETRY, SLUICE_RETRY);
    j = judge_of(OPERATION_DELETE, "{\"ok\":1}", NULL);
    verdicts_are(&j, SLUICE_RETRY, SLUICE_RETRY, SLUICE_RETRY);
}

static void an_error_code_of_0_without_write_errors_brings_all_again(void **state)
{
    const bson_error_t nothing = {.domain = 0, .code = 0, .message = ""};
    (void)state;
    struct judged j = judge("{}", &nothing);
    verdicts_are(&j, SLUICE_RETRY, SLUICE_RETRY, SLUICE_RETRY);
    assert_true(j.failed);
    j = judge("{\"ok\":0,\"code\":0,\"errmsg\":\"\"}", &nothing);
    verdicts_are(&j, SLUICE_RETRY, SLUICE_RETRY, SLUICE_RETRY);
}

static void counts_that_do_not_add_up_bring_all_again(void **state)
{
    static const char *const replies[] = {"{\"ok\":1,\"n\":2}",
                                          "{\"ok\":1,\"n\":4}",
                                          "{\"ok\":1}",
                                          "{\"ok\":1,\"n\":3,\"writeErrors\":[{\"index\":0,\"code\":121}]}",
                                          "{\"ok\":1,\"n\":2,\"writeErrors\":[{\"index\":7,\"code\":121}]}",
                                          "{\"ok\":1,\"n\":2,\"writeErrors\":[5]}",
                                          "{\"ok\":1,\"n\":3,\"writeErrors\":5}"};
    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        struct judged j = judge(replies[i], NULL);
        verdicts_are(&j, SLUICE_RETRY, SLUICE_RETRY, SLUICE_RETRY);
        assert_string_equal(j.outcomes[0].code, "mongodb.reply");
    }
}

static void a_failed_command_goes_by_its_class_and_unknown_ones_are_transient(void **state)
{
    static const struct {
        int code;
        sluice_verdict verdict;
    } codes[] = {{11600, SLUICE_RETRY}, {91, SLUICE_RETRY}, {14031, SLUICE_RETRY}, {54321, SLUICE_RETRY},
                 {13, SLUICE_FATAL},    {18, SLUICE_FATAL}, {15, SLUICE_REJECT},   {10334, SLUICE_REJECT}};
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char reply[64];
        snprintf(reply, sizeof reply, "{\"ok\":0,\"code\":%d,\"errmsg\":\"x\"}", codes[i].code);
        struct judged j = judge(reply, &(const bson_error_t){.domain = 17, .code = 1});
        verdicts_are(&j, codes[i].verdict, codes[i].verdict, codes[i].verdict);
    }
    struct judged j =
        judge("{}", &(const bson_error_t){
                        .domain = MONGOC_ERROR_CLIENT, .code = MONGOC_ERROR_CLIENT_AUTHENTICATE, .message = "no"});
    verdicts_are(&j, SLUICE_FATAL, SLUICE_FATAL, SLUICE_FATAL);
    /* libmongoc's own numbers are no server's: 13 of the stream domain is no privilege */
    j = judge("{}", &(const bson_error_t){.domain = MONGOC_ERROR_STREAM, .code = 13, .message = "gone"});
    verdicts_are(&j, SLUICE_RETRY, SLUICE_RETRY, SLUICE_RETRY);
}

/* ---- Events --------------------------------------------------------------------------------------- */

static int read_event(struct event *event, const void *value, size_t size, const struct mongodb_config *options,
                      struct event_refusal *refusal)
{
    return event_read(event, &(sluice_record_view){.value = {value, size}}, options, refusal);
}

static struct event event_of(const char *json, bson_t **document, struct event_refusal *refusal, int *failure)
{
    struct event event;
    *document = bson_new_from_json((const uint8_t *)json, -1, NULL);
    assert_non_null(*document);
    *failure = read_event(&event, bson_get_data(*document), (*document)->len, &config, refusal);
    return event;
}

static void refused(const char *json, const char *code)
{
    struct event_refusal refusal;
    bson_t *document;
    int failure;
    event_of(json, &document, &refusal, &failure);
    assert_int_equal(failure, -1);
    assert_string_equal(refusal.code, code);
    bson_destroy(document);
}

static void events_that_no_server_need_see_are_refused(void **state)
{
    struct event event;
    struct event_refusal refusal;
    (void)state;
    refused("{\"id\":1,\"_id\":2}", "mongodb.id-field");
    refused("{\"id\":1,\"\":2}", "mongodb.field-name");
    refused("{\"id\":1,\"$set\":2}", "mongodb.field-name");
    refused("{\"id\":1,\"a.b\":2}", "mongodb.field-name");
    refused("{\"a\":1}", "mongodb.missing-key");
    refused("{\"id\":null}", "mongodb.missing-key");
    refused("{\"id\":{\"$gt\":0}}", "mongodb.key-type");
    refused("{\"id\":[1]}", "mongodb.key-type");
    assert_int_equal(read_event(&event, "junk", 4, &config, &refusal), -1);
    assert_string_equal(refusal.code, "mongodb.invalid-bson");
    assert_int_equal(read_event(&event, "", 16777217, &config, &refusal), -1);
    assert_string_equal(refusal.code, "mongodb.document-too-large");
}

static void the_version_is_the_latest_date_of_the_version_fields(void **state)
{
    struct event_refusal refusal;
    bson_t *document;
    int failure;
    (void)state;
    struct event event = event_of("{\"id\":1,\"created_at\":{\"$date\":1000},\"updated_at\":{\"$date\":500},"
                                  "\"other\":{\"$date\":9000},\"a\":{\"$b\":1,\"c.d\":2}}",
                                  &document, &refusal, &failure);
    assert_int_equal(failure, 0);
    assert_true(event.has_version);
    assert_int_equal(event.version_ms, 1000);
    bson_destroy(document);
    event = event_of("{\"id\":1,\"updated_at\":null,\"created_at\":\"2023\"}", &document, &refusal, &failure);
    assert_false(event.has_version);
    bson_destroy(document);
}

static void a_tombstone_deletes_what_its_kafka_key_names(void **state)
{
    static const struct mongodb_config by_number = {.key_field = "id", .null_key_type = KEY_TYPE_INT};
    static const struct {
        const struct mongodb_config *config;
        const char *key, *code; /* NULL: fine */
    } cases[] = {{&config, "leaf 7", NULL},
                 {&config, "\xff", "mongodb.key-type"},
                 {&config, "", "mongodb.missing-key"},
                 {&config, NULL, "mongodb.missing-key"},
                 {&by_number, "-7", NULL},
                 {&by_number, "9223372036854775807", NULL},
                 {&by_number, "9223372036854775808", "mongodb.key-type"},
                 {&by_number, "7 ", "mongodb.key-type"},
                 {&by_number, " 7", "mongodb.key-type"},
                 {&by_number, "\t7", "mongodb.key-type"},
                 {&by_number, "-", "mongodb.key-type"},
                 {&by_number, "seven", "mongodb.key-type"},
                 {&by_number, "000000000000000000000000000007", "mongodb.key-type"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct event event;
        struct event_refusal refusal = {.code = "none"};
        const char *key = cases[i].key;
        sluice_record_view view = {.key = {key, key != NULL ? strlen(key) : 0}};
        assert_int_equal(event_read(&event, &view, cases[i].config, &refusal), cases[i].code == NULL ? 0 : -1);
        assert_int_equal(event.operation, OPERATION_DELETE);
        if (cases[i].code != NULL)
            assert_string_equal(refusal.code, cases[i].code);
    }
}

/* ---- Plans ---------------------------------------------------------------------------------------- */

static void events_of_one_key_share_a_write_in_their_order(void **state)
{
    static const char *const events[] = {"{\"id\":1}", "{\"id\":2}", "{\"id\":{\"$numberLong\":\"1\"}}", "{\"id\":1.0}",
                                         "{\"id\":\"1\"}"};
    bson_t *documents[5];
    struct plan plan = {.events = NULL};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct event_refusal refusal;
        int failure;
        struct event event = event_of(events[i], &documents[i], &refusal, &failure);
        assert_true(plan_add(&plan, "c", i, &event));
    }
    assert_int_equal(plan.collection_count, 1);
    assert_int_equal(plan.collections[0].count, 3); /* 1 however it is written, 2, "1" */
    const struct write *first = plan.collections[0].writes[0];
    assert_int_equal(first->count, 3);
    assert_int_equal(plan.events[first->events[0]].record, 0);
    assert_int_equal(plan.events[first->events[1]].record, 2);
    assert_int_equal(plan.events[first->events[2]].record, 3);
    plan_clear(&plan);
    for (size_t i = 0; i < 5; i++)
        bson_destroy(documents[i]);
}

static void a_full_write_asks_to_be_carried_out(void **state)
{
    struct plan plan = {.events = NULL};
    struct event_refusal refusal;
    bson_t *document;
    int failure;
    (void)state;
    struct event event = event_of("{\"id\":1}", &document, &refusal, &failure);
    for (size_t i = 0; i < PLAN_MOST_FOLDED; i++)
        assert_true(plan_add(&plan, "c", i, &event));
    assert_false(plan_add(&plan, "c", 99, &event));
    plan_clear(&plan);
    assert_true(plan_add(&plan, "c", 99, &event));
    plan_clear(&plan);
    bson_destroy(document);
}

static void a_command_stays_below_what_a_server_takes(void **state)
{
    struct plan plan = {.events = NULL};
    bson_t *documents[12];
    (void)state;
    char *large = malloc(3 << 20);
    memset(large, 'x', 3 << 20);
    for (int i = 0; i < 12; i++) {
        struct event event;
        struct event_refusal refusal;
        documents[i] = BCON_NEW("id", BCON_INT32(i), "text", BCON_UTF8("x"));
        bson_append_binary(documents[i], "data", -1, BSON_SUBTYPE_BINARY, (uint8_t *)large, 3 << 20);
        assert_int_equal(read_event(&event, bson_get_data(documents[i]), documents[i]->len, &config, &refusal), 0);
        assert_true(plan_add(&plan, "c", (size_t)i, &event));
    }
    const struct collection_writes *writes = &plan.collections[0];
    size_t commands = 0;
    for (size_t first = 0, end; first < writes->count; first = end, commands++) {
        end = plan_command_end(writes, first);
        bson_t statements = BSON_INITIALIZER;
        for (size_t i = first; i < end; i++) {
            const struct event *event = &plan.events[writes->writes[i]->events[0]].event;
            statement_append(&statements, (uint32_t)(i - first), &event, 1, &config);
        }
        assert_true(statements.len <= 16 * 1024 * 1024);
        bson_destroy(&statements);
    }
    assert_int_equal(commands, 3);
    plan_clear(&plan);
    for (int i = 0; i < 12; i++)
        bson_destroy(documents[i]);
    free(large);
}

static void a_statement_adds_no_more_than_it_is_counted_with(void **state)
{
    struct event_refusal refusal;
    bson_t *document;
    int failure;
    (void)state;
    struct event event =
        event_of("{\"id\":1,\"updated_at\":{\"$date\":1},\"created_at\":null}", &document, &refusal, &failure);
    for (size_t count = 1; count <= PLAN_MOST_FOLDED; count++) {
        const struct event *events[PLAN_MOST_FOLDED];
        bson_t statements = BSON_INITIALIZER;
        for (size_t i = 0; i < count; i++)
            events[i] = &event;
        statement_append(&statements, 9999, events, count, &config);
        assert_true(statements.len <= count * (document->len + STATEMENT_OVERHEAD_BYTES));
        assert_true(bson_validate(&statements, BSON_VALIDATE_NONE, NULL));
        bson_destroy(&statements);
    }
    bson_destroy(document);
}

static void a_document_is_shown_as_the_event_it_was_made_of(void **state)
{
    static const struct {
        const char *extended, *plain;
    } rows[] = {
        {"{}", "{}"},
        {"{\"_id\":{\"$oid\":\"6522cda0ad2ee195f8bf435a\"},\"id\":1}", "{\"id\": 1}"},
        {"{\"a\":{\"_id\":2,\"b\":[true,null,{}]}}", "{\"a\": {\"_id\": 2, \"b\": [true, null, {}]}}"},
        {"{\"data\":{\"$binary\":{\"base64\":\"/9j/AA==\",\"subType\":\"00\"}}}", "{\"data\": \"ffd8ff00\"}"},
        {"{\"t\":{\"$date\":\"2023-10-08T15:39:49.123Z\"}}", "{\"t\": \"2023-10-08T15:39:49.123000\"}"},
        {"{\"t\":{\"$date\":\"2023-10-08T15:39:49Z\"}}", "{\"t\": \"2023-10-08T15:39:49\"}"},
        {"{\"t\":{\"$date\":{\"$numberLong\":\"-1\"}}}", "{\"t\": \"1969-12-31T23:59:59.999000\"}"},
        {"{\"t\":{\"$date\":{\"$numberLong\":\"-62135596800000\"}}}", "{\"t\": \"0001-01-01T00:00:00\"}"},
        {"{\"x\":[48.476563,16.0,0.1,1e-05,1e300,{\"$numberDouble\":\"-0.0\"}]}",
         "{\"x\": [48.476563, 16.0, 0.1, 1e-05, 1e+300, -0.0]}"},
        {"{\"x\":0.8067989945411682}", "{\"x\": 0.8067989945411682}"},
        {"{\"n\":{\"$numberLong\":\"9223372036854775807\"}}", "{\"n\": 9223372036854775807}"},
        {"{\"s\":\"a\\\"b\\\\c\\n\\u00e4\"}", "{\"s\": \"a\\\"b\\\\c\\n\xc3\xa4\"}"},
        {"{\"x\":{\"$numberDouble\":\"NaN\"}}", "{\"x\": { \"$numberDouble\" : \"NaN\" }}"},
        {"{\"x\":{\"$numberDecimal\":\"1.5\"}}", "{\"x\": { \"$numberDecimal\" : \"1.5\" }}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bson_t *document = bson_new_from_json((const uint8_t *)rows[i].extended, -1, NULL);
        assert_non_null(document);
        char *plain = plain_json(document);
        assert_string_equal(plain, rows[i].plain);
        bson_free(plain);
        bson_destroy(document);
    }
}

/* ---- Indexes ---------------------------------------------------------------------------------------- */

#define ON_ID "{\"key\":{\"_id\":1},\"name\":\"_id_\"}"
#define ON_ID_IN(locale) "{\"key\":{\"_id\":1},\"name\":\"_id_\",\"collation\":{\"locale\":\"" locale "\"}}"
#define INDEX(name, key, more) "{\"key\":{" key "},\"name\":\"" name "\"" more "}"
#define ID "\"id\":1"
#define UNIQUE ",\"unique\":true"
#define IN(locale) ",\"collation\":{\"locale\":\"" locale "\"}"
#define PARTIAL ",\"partialFilterExpression\":{\"a\":1}"
#define SPARSE ",\"sparse\":true"

/* What createIndexes of MongoDB 6.0.5 answers in each case stands beside it. */
static void an_index_that_does_the_same_will_do_and_others_are_in_the_way_only_of_our_name(void **state)
{
    static const struct {
        const char *indexes;
        enum index_fit fit, older; /* older: before MongoDB 5.0 */
    } rows[] = {
        {"", INDEX_MISSING, INDEX_MISSING},                                                  /* made */
        {ON_ID, INDEX_MISSING, INDEX_MISSING},                                               /* made */
        {ON_ID "," INDEX("id_1", ID, UNIQUE), INDEX_THERE, INDEX_THERE},                     /* all exist */
        {INDEX("id_1", "\"id\":1.0", UNIQUE), INDEX_THERE, INDEX_THERE},                     /* all exist */
        {INDEX("foo", ID, UNIQUE), INDEX_THERE, INDEX_THERE},                                /* 85 */
        {INDEX("foo", ID, UNIQUE ",\"sparse\":false"), INDEX_THERE, INDEX_THERE},            /* 85 */
        {INDEX("foo", ID, UNIQUE ",\"expireAfterSeconds\":9"), INDEX_THERE, INDEX_THERE},    /* 85 */
        {INDEX("foo", ID, ) "," INDEX("bar", ID, UNIQUE), INDEX_THERE, INDEX_THERE},         /* 85 */
        {INDEX("bar", ID, UNIQUE) "," INDEX("id_1", "\"x\":1", ), INDEX_THERE, INDEX_THERE}, /* 86 */
        {INDEX("id_1", "\"x\":1", ) "," INDEX("bar", ID, UNIQUE), INDEX_THERE, INDEX_THERE}, /* 86 */
        {INDEX("id_1", ID, ), INDEX_IN_THE_WAY, INDEX_IN_THE_WAY},                           /* 86 */
        {INDEX("id_1", ID, UNIQUE SPARSE), INDEX_IN_THE_WAY, INDEX_IN_THE_WAY},              /* 86 */
        {INDEX("id_1", ID, UNIQUE PARTIAL), INDEX_IN_THE_WAY, INDEX_IN_THE_WAY},             /* 86 */
        {INDEX("id_1", ID, UNIQUE IN("en")), INDEX_IN_THE_WAY, INDEX_IN_THE_WAY},            /* 86 */
        {INDEX("id_1", "\"x\":1", UNIQUE), INDEX_IN_THE_WAY, INDEX_IN_THE_WAY},              /* 86 */
        {INDEX("id_1", "\"id\":\"hashed\"", ), INDEX_IN_THE_WAY, INDEX_IN_THE_WAY},          /* 86 */
        {INDEX("foo", ID, ), INDEX_MISSING, INDEX_IN_THE_WAY},                               /* made */
        {INDEX("foo", ID, UNIQUE SPARSE), INDEX_MISSING, INDEX_IN_THE_WAY},                  /* made */
        {INDEX("foo", ID, UNIQUE PARTIAL), INDEX_MISSING, INDEX_IN_THE_WAY},                 /* made */
        {INDEX("foo", ID, UNIQUE IN("en")), INDEX_MISSING, INDEX_MISSING},                   /* made */
        {INDEX("id_-1", "\"id\":-1", UNIQUE), INDEX_MISSING, INDEX_MISSING},                 /* made */
        {INDEX("id_1_x_1", ID ",\"x\":1", UNIQUE), INDEX_MISSING, INDEX_MISSING},            /* made */
        {ON_ID_IN("en") "," INDEX("id_1", ID, UNIQUE IN("en")), INDEX_THERE, INDEX_THERE},   /* all exist */
        {ON_ID_IN("en") "," INDEX("foo", ID, UNIQUE), INDEX_MISSING, INDEX_MISSING},         /* made */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char json[512];
        bson_error_t error;
        bson_iter_t array;
        bson_t indexes;
        const uint8_t *data;
        uint32_t size;
        const char *name = NULL;
        snprintf(json, sizeof json, "{\"indexes\":[%s]}", rows[i].indexes);
        bson_t *reply = bson_new_from_json((const uint8_t *)json, -1, &error);
        if (reply == NULL)
            fail_msg("%s: %s", json, error.message);
        assert_true(bson_iter_init_find(&array, reply, "indexes"));
        bson_iter_array(&array, &size, &data);
        assert_true(bson_init_static(&indexes, data, size));
        enum index_fit fit = index_fit(&indexes, "id", false, &name), older = index_fit(&indexes, "id", true, &name);
        if (fit != rows[i].fit || older != rows[i].older)
            fail_msg("%s: %d, before 5.0 %d", json, fit, older);
        if (fit == INDEX_IN_THE_WAY)
            assert_string_equal(name, "id_1");
        bson_destroy(reply);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_stores_all),
        cmocka_unit_test(write_errors_go_by_code_and_the_rest_is_stored),
        cmocka_unit_test(only_a_duplicate_of_the_business_key_means_that_it_exists),
        cmocka_unit_test(a_write_concern_error_brings_all_again_but_what_was_refused),
        cmocka_unit_test(a_delete_may_find_nothing_but_no_more_than_it_has_statements),
        cmocka_unit_test(an_error_code_of_0_without_write_errors_brings_all_again),
        cmocka_unit_test(counts_that_do_not_add_up_bring_all_again),
        cmocka_unit_test(a_failed_command_goes_by_its_class_and_unknown_ones_are_transient),
        cmocka_unit_test(events_that_no_server_need_see_are_refused),
        cmocka_unit_test(the_version_is_the_latest_date_of_the_version_fields),
        cmocka_unit_test(a_tombstone_deletes_what_its_kafka_key_names),
        cmocka_unit_test(events_of_one_key_share_a_write_in_their_order),
        cmocka_unit_test(a_full_write_asks_to_be_carried_out),
        cmocka_unit_test(a_command_stays_below_what_a_server_takes),
        cmocka_unit_test(a_statement_adds_no_more_than_it_is_counted_with),
        cmocka_unit_test(a_document_is_shown_as_the_event_it_was_made_of),
        cmocka_unit_test(an_index_that_does_the_same_will_do_and_others_are_in_the_way_only_of_our_name),
    };
    return RUN(tests);
}
