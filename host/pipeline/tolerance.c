#include "pipeline/tolerance.h"

#include <inttypes.h>

void tolerance_init(struct tolerance *tolerance, const struct pipeline_options *options)
{
    *tolerance = (struct tolerance){
        .options = options,
        .breaker = {.limits = {.max_consecutive = options->letters_max_consecutive,
                               .max_ratio = options->letters_max_ratio,
                               .window = (size_t)options->letters_max_ratio_window}},
    };
}

void tolerance_free(struct tolerance *tolerance)
{
    breaker_free(&tolerance->breaker);
}

static const char *text_of(const struct result *result)
{
    return result->text != NULL ? result->text : "the plugin gave no reason";
}

/* The batch has failed because of record i; an earlier reason stays. */
static void keep(struct batch *batch, size_t i, const char *why)
{
    const struct record *record = batch->records[i];
    struct result *result = &batch->results[i];
    if (!batch->failed) {
        batch->failed = true;
        batch->failure_code = result->code != NULL ? result->code : "plugin.unspecified";
        batch->failure_text =
            arena_printf(&batch->arena, "%s (%s[%" PRId32 "] offset %" PRId64 ", %s)", text_of(result), record->topic,
                         record->partition_number, record->offset, why);
    }
    result->kind = RESULT_UNDONE;
}

static void keep_rejected(struct batch *batch, size_t first, const char *why)
{
    for (size_t i = first; i < batch->count; i++)
        if (batch->results[i].kind == RESULT_REJECTED)
            keep(batch, i, why);
}

static void stop_a_stream_of_letters(struct tolerance *tolerance, struct batch *batch)
{
    size_t first = breaker_judge(&tolerance->breaker, batch->results, batch->count);
    if (first == batch->count)
        return;
    keep_rejected(batch, first,
                  arena_printf(&batch->arena,
                               "errors.deadletterqueue.max.consecutive or .max.ratio is reached: %" PRId64
                               " records rejected in a row; one batch is tried in %" PRId64 " ms",
                               tolerance->breaker.consecutive, tolerance->options->letters_pause_ms));
}

static void end_long_retries(const struct tolerance *tolerance, struct batch *batch, int64_t now_ms)
{
    int64_t timeout_ms = tolerance->options->errors_retry_timeout_ms;
    for (size_t i = 0; i < batch->count && timeout_ms >= 0; i++)
        if (batch->results[i].kind == RESULT_RETRY && now_ms - batch->records[i]->first_tried_ms >= timeout_ms)
            keep(batch, i, "errors.retry.timeout is over");
}

/* Nothing of a unit goes before a record of it that stays. */
static void keep_what_is_behind(struct batch *batch)
{
    bool *stays = arena_zeroed(&batch->arena, batch->unit_count * sizeof *stays + 1);
    for (size_t i = 0; i < batch->count; i++) {
        struct result *result = &batch->results[i];
        if (stays[batch->units[i]])
            *result = (struct result){.kind = RESULT_UNDONE, .stage = result->stage, .by = result->by};
        stays[batch->units[i]] |= result->kind == RESULT_UNDONE;
    }
}

void tolerance_apply(struct tolerance *tolerance, struct batch *batch, int64_t now_ms)
{
    if (tolerance->options->errors_tolerance == TOLERANCE_NONE)
        keep_rejected(batch, 0, "errors.tolerance = none");
    else
        stop_a_stream_of_letters(tolerance, batch);
    end_long_retries(tolerance, batch, now_ms);
    if (batch->failed)
        keep_what_is_behind(batch);
}
