#include "pipeline/delivery.h"

#include <string.h>

static const struct report_entry *reason_of(const sluice_report *report, size_t i)
{
    return report->records[i].set ? &report->records[i] : &report->call;
}

/* From the first RETRY of a unit on, all of it waits. */
static void hold_units(struct delivery *delivery)
{
    bool *held = arena_zeroed(delivery->arena, delivery->unit_count * sizeof *held + 1);
    for (size_t i = 0; i < delivery->count; i++) {
        struct result *result = &delivery->results[i];
        if (held[delivery->units[i]] && result->kind != RESULT_RETRY)
            *result = (struct result){.kind = RESULT_RETRY, .stage = result->stage, .by = delivery->sink};
        held[delivery->units[i]] |= result->kind == RESULT_RETRY;
    }
}

static void fail(struct delivery *delivery, const char *code, const char *text)
{
    delivery->failed = true;
    delivery->code = code;
    delivery->text = text;
}

/* What one call's answer means for the records it was given.  Fills undecided with those it rejected together. */
static size_t settle(struct delivery *delivery, const size_t *indexes, size_t count, sluice_verdict returned,
                     const sluice_report *report, size_t *undecided)
{
    static const enum result_kind kinds[] = {
        [SLUICE_OK] = RESULT_STORED,       [SLUICE_DROP] = RESULT_FILTERED, [SLUICE_RETRY] = RESULT_RETRY,
        [SLUICE_REJECT] = RESULT_REJECTED, [SLUICE_FATAL] = RESULT_UNDONE,
    };
    size_t unreported = 0, undecided_count = 0;
    for (size_t i = 0; i < count; i++)
        unreported += !report->records[i].set;
    for (size_t i = 0; i < count; i++) {
        bool own = report->records[i].set;
        if (!own && returned == SLUICE_REJECT && unreported > 1) {
            undecided[undecided_count++] = indexes[i];
            continue;
        }
        const struct report_entry *reason = reason_of(report, i);
        delivery->results[indexes[i]] = (struct result){
            .kind = kinds[own ? reason->verdict : returned],
            .stage = STAGE_TASK_PUT,
            .by = delivery->sink,
            .code = reason->code,
            .text = reason->text,
        };
    }
    return undecided_count;
}

static void put(struct delivery *delivery, const size_t *indexes, size_t count)
{
    /* A unit held by an earlier call of this batch waits as a whole. */
    hold_units(delivery);
    size_t *open = arena_alloc(delivery->arena, count * sizeof *open);
    struct sluice_record **records = arena_alloc(delivery->arena, count * sizeof *records);
    size_t open_count = 0;
    for (size_t i = 0; i < count; i++)
        if (delivery->results[indexes[i]].kind == RESULT_OPEN) {
            records[open_count] = delivery->records[indexes[i]];
            open[open_count++] = indexes[i];
        }
    if (open_count == 0 || delivery->failed)
        return;

    const sluice_batch batch = {.records = records, .count = open_count};
    sluice_report report = {
        .arena = delivery->arena,
        .records = arena_zeroed(delivery->arena, open_count * sizeof *report.records),
        .record_count = open_count,
    };
    sluice_verdict returned = delivery->put(delivery->opaque, &batch, &report);
    delivery->puts++;
    if (report.nonsense != NULL) {
        fail(delivery, "plugin.nonsense", report.nonsense);
        return;
    }
    size_t *undecided = arena_alloc(delivery->arena, open_count * sizeof *undecided);
    size_t undecided_count = settle(delivery, open, open_count, returned, &report, undecided);
    if (returned == SLUICE_FATAL) {
        fail(delivery, report.call.code, report.call.text);
        return;
    }
    if (undecided_count > 0) {
        put(delivery, undecided, undecided_count / 2);
        put(delivery, undecided + undecided_count / 2, undecided_count - undecided_count / 2);
    }
}

void delivery_run(struct delivery *delivery)
{
    size_t *all = arena_alloc(delivery->arena, delivery->count * sizeof *all + 1);
    for (size_t i = 0; i < delivery->count; i++)
        all[i] = i;
    put(delivery, all, delivery->count);
    for (size_t i = 0; i < delivery->count; i++)
        if (delivery->results[i].kind == RESULT_OPEN)
            delivery->results[i] =
                (struct result){.kind = RESULT_UNDONE, .stage = STAGE_TASK_PUT, .by = delivery->sink};
    hold_units(delivery);
}
