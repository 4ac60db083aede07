#include "outcome.h"

#include <mongoc/mongoc.h>
#include <stdio.h>
#include <string.h>

static const sluice_verdict verdicts[] = {
    [CLASS_RETRY] = SLUICE_RETRY, [CLASS_REJECT] = SLUICE_REJECT, [CLASS_FATAL] = SLUICE_FATAL};

static void set(struct statement_outcome *outcome, sluice_verdict verdict, const char *code, const char *text)
{
    outcome->verdict = verdict;
    outcome->code = code;
    snprintf(outcome->text, sizeof outcome->text, "%s", text);
}

static void set_all(struct statement_outcome *outcomes, size_t count, sluice_verdict verdict, const char *code,
                    const char *text)
{
    for (size_t i = 0; i < count; i++)
        set(&outcomes[i], verdict, code, text);
}

static int64_t number_in(const bson_t *document, const char *name, int64_t missing)
{
    bson_iter_t iter;
    return bson_iter_init_find(&iter, document, name) && BSON_ITER_HOLDS_NUMBER(&iter) ? bson_iter_as_int64(&iter)
                                                                                       : missing;
}

static const char *text_in(const bson_t *document, const char *name, const char *missing)
{
    bson_iter_t iter;
    return bson_iter_init_find(&iter, document, name) && BSON_ITER_HOLDS_UTF8(&iter) ? bson_iter_utf8(&iter, NULL)
                                                                                     : missing;
}

/* The sub-document or array at iter. */
static bool child_of(const bson_iter_t *iter, bson_t *child)
{
    const uint8_t *data;
    uint32_t size;
    if (BSON_ITER_HOLDS_DOCUMENT(iter))
        bson_iter_document(iter, &size, &data);
    else if (BSON_ITER_HOLDS_ARRAY(iter))
        bson_iter_array(iter, &size, &data);
    else
        return false;
    return bson_init_static(child, data, size);
}

/* {keyPattern: {KEY: 1}}: the document is there, made by somebody else between our look and our write. */
static bool is_business_key(const bson_t *write_error, const char *key_field)
{
    bson_iter_t iter;
    bson_t pattern;
    return bson_iter_init_find(&iter, write_error, "keyPattern") && child_of(&iter, &pattern) &&
           bson_count_keys(&pattern) == 1 && bson_has_field(&pattern, key_field);
}

/* False: the error is of a statement that is not there. */
static bool judge_write_error(const bson_t *write_error, const char *key_field, struct statement_outcome *outcomes,
                              size_t count)
{
    int64_t index = number_in(write_error, "index", -1);
    int32_t code = (int32_t)number_in(write_error, "code", 0);
    if (index < 0 || (size_t)index >= count)
        return false;
    const struct error_meaning *meaning = error_meaning(code);
    bool exists = code == SERVER_DUPLICATE_KEY && is_business_key(write_error, key_field);
    char text[256];
    snprintf(text, sizeof text, "%s (MongoDB error %d)", text_in(write_error, "errmsg", "no message"), code);
    set(&outcomes[index], exists ? SLUICE_RETRY : verdicts[meaning->class], meaning->slug, text);
    return true;
}

static bool judge_write_errors(const bson_t *reply, const char *key_field, struct statement_outcome *outcomes,
                               size_t count, int64_t *errors)
{
    bson_iter_t iter, element;
    bson_t array, write_error;
    *errors = 0;
    if (!bson_iter_init_find(&iter, reply, "writeErrors"))
        return true;
    if (!child_of(&iter, &array) || !bson_iter_init(&element, &array))
        return false;
    for (; bson_iter_next(&element); ++*errors)
        if (!child_of(&element, &write_error) || !judge_write_error(&write_error, key_field, outcomes, count))
            return false;
    return true;
}

/* w=majority was not reached, or could not be: the write may be there, or be rolled back. */
static void judge_write_concern(const bson_t *reply, struct statement_outcome *outcomes, size_t count)
{
    bson_iter_t iter;
    bson_t concern;
    if (!bson_iter_init_find(&iter, reply, "writeConcernError"))
        return;
    const char *text = child_of(&iter, &concern) ? text_in(&concern, "errmsg", "no message") : "no message";
    for (size_t i = 0; i < count; i++)
        if (outcomes[i].verdict == SLUICE_OK)
            set(&outcomes[i], SLUICE_RETRY, MONGODB_WRITE_CONCERN, text);
}

static bool is_ok(const bson_t *reply)
{
    bson_iter_t iter;
    return bson_iter_init_find(&iter, reply, "ok") && bson_iter_as_bool(&iter);
}

static void judge_failure(const bson_t *reply, const bson_error_t *error, struct statement_outcome *outcomes,
                          size_t count)
{
    /* The server's own code where it gave one. */
    int32_t code = (int32_t)number_in(reply, "code", 0);
    const char *text = text_in(reply, "errmsg", error != NULL ? error->message : "the command failed");
    const struct error_meaning *meaning = code == 0 && error != NULL ? error_meaning_of(error) : error_meaning(code);
    set_all(outcomes, count, verdicts[meaning->class], meaning->slug, text);
}

bool outcome_judge(const bson_t *reply, const bson_error_t *error, enum operation operation, const char *key_field,
                   struct statement_outcome *outcomes, size_t count)
{
    int64_t errors, done;
    if (!is_ok(reply)) {
        judge_failure(reply, error, outcomes, count);
        return true;
    }
    set_all(outcomes, count, SLUICE_OK, NULL, "");
    bool sensible = judge_write_errors(reply, key_field, outcomes, count, &errors);
    done = number_in(reply, "n", -1) + errors;
    bool too_few = done < (operation == OPERATION_DELETE ? errors : (int64_t)count);
    if (!sensible || too_few || done > (int64_t)count) {
        set_all(outcomes, count, SLUICE_RETRY, MONGODB_REPLY, "the reply's counts do not add up");
        return true;
    }
    judge_write_concern(reply, outcomes, count);
    return false;
}
