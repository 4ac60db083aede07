#include "pipeline/transforms.h"

struct result transforms_null_result(enum null_values null_values)
{
    static const struct result results[] = {
        [NULL_VALUES_REJECT] = {.kind = RESULT_REJECTED,
                                .stage = STAGE_TRANSFORMATION,
                                .code = "record.null-value",
                                .text = "the value is null (a tombstone), and null.values = reject"},
        [NULL_VALUES_DROP] = {.kind = RESULT_FILTERED, .stage = STAGE_TRANSFORMATION},
        [NULL_VALUES_DELETE] = {.kind = RESULT_OPEN}, /* goes through the transforms like any other */
    };
    return results[null_values];
}

static void apply_chain(struct batch *batch, size_t i, struct instance *transforms, size_t transform_count)
{
    static const enum result_kind kinds[] = {
        [SLUICE_OK] = RESULT_OPEN,         [SLUICE_DROP] = RESULT_FILTERED, [SLUICE_RETRY] = RESULT_RETRY,
        [SLUICE_REJECT] = RESULT_REJECTED, [SLUICE_FATAL] = RESULT_OPEN,
    };
    for (size_t t = 0; t < transform_count; t++) {
        struct report_entry entry = {.set = false};
        sluice_report report = {.arena = &batch->arena, .records = &entry, .record_count = 1};
        sluice_verdict returned = instance_apply(&transforms[t], batch->seen[i], &batch->arena, &report);
        const struct report_entry *reason = entry.set ? &entry : &report.call;
        if (report.nonsense != NULL || returned == SLUICE_FATAL) { /* whatever it reported of the record */
            batch->failed = true;
            batch->failure_code = report.nonsense != NULL ? "plugin.nonsense" : report.call.code;
            batch->failure_text = report.nonsense != NULL ? report.nonsense : report.call.text;
            return;
        }
        sluice_verdict verdict = entry.set ? entry.verdict : returned;
        if (verdict == SLUICE_OK)
            continue;
        batch->results[i] = (struct result){
            .kind = kinds[verdict],
            .stage = STAGE_TRANSFORMATION,
            .by = transforms[t].stage,
            .code = reason->code,
            .text = reason->text,
        };
        return;
    }
}

void transforms_run(struct batch *batch, struct instance *transforms, size_t transform_count,
                    enum null_values null_values, const char *pipeline)
{
    bool *cut = arena_zeroed(&batch->arena, batch->unit_count * sizeof *cut + 1);
    for (size_t i = 0; i < batch->count && !batch->failed; i++) {
        struct result *result = &batch->results[i];
        record_show(batch->records[i], pipeline, &batch->arena);
        if (cut[batch->units[i]])
            *result = (struct result){.kind = RESULT_RETRY, .stage = STAGE_TRANSFORMATION};
        else if (batch->records[i]->value.data == NULL)
            *result = transforms_null_result(null_values);
        if (result->kind == RESULT_OPEN)
            apply_chain(batch, i, transforms, transform_count);
        cut[batch->units[i]] |= result->kind == RESULT_RETRY;
    }
}
