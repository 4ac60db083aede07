#include "pipeline/solo.h"

#include "base/alloc.h"

#include <stdlib.h>

static int open_instance(struct solo *solo, struct instance *instance, const struct stage *stage,
                         sluice_verdict *verdict, struct error *error)
{
    sluice_report report = {.arena = &solo->arena};
    if (plugin_load(stage->plugin, error) != 0)
        return -1;
    instance_init(instance, stage, solo->config->pipeline.name, -1, &solo->limits, solo->note);
    *verdict = instance_open(instance, &report);
    if (*verdict == SLUICE_OK && instance == &solo->sink)
        *verdict = instance_verify(instance, &solo->config->pipeline.topics, true, &report);
    if (*verdict == SLUICE_OK)
        return 0;
    const char *text = report.nonsense != NULL ? report.nonsense : report.call.text;
    return error_set(error, "[%s] cannot be opened: %s%s%s", stage->section,
                     report.call.code != NULL ? report.call.code : "", report.call.code != NULL ? ": " : "",
                     text != NULL ? text : "no reason given");
}

int solo_open(struct solo *solo, const struct chain *chain, const struct pipeline_config *config, enum solo_reach reach,
              sluice_verdict *verdict, struct error *error)
{
    *solo = (struct solo){.chain = chain,
                          .config = config,
                          .reach = reach,
                          .transforms = alloc_zeroed(chain->transform_count + 1, sizeof *solo->transforms)};
    atomic_store(&solo->limits.deadline_ms, INT64_MAX);
    solo->note = flight_note_new();
    *verdict = SLUICE_FATAL;
    for (; solo->opened < chain->transform_count; solo->opened++)
        if (open_instance(solo, &solo->transforms[solo->opened], &chain->transforms[solo->opened], verdict, error) != 0)
            goto failed;
    if (reach == SOLO_PUT && open_instance(solo, &solo->sink, &chain->sink, verdict, error) != 0)
        goto failed;
    *verdict = SLUICE_OK;
    return 0;
failed:
    solo_close(solo);
    return -1;
}

void solo_close(struct solo *solo)
{
    instance_close(&solo->sink);
    while (solo->opened > 0)
        instance_close(&solo->transforms[--solo->opened]);
    free(solo->transforms);
    solo->transforms = NULL;
    flight_note_free(solo->note);
    solo->note = NULL;
    arena_free(&solo->arena);
}

static sluice_verdict examine_or_put(struct solo *solo, struct sluice_record *record, sluice_report *report)
{
    struct sluice_record *records[] = {record};
    const sluice_batch batch = {.records = records, .count = 1};
    return solo->reach == SOLO_PUT ? instance_put(&solo->sink, &batch, report)
                                   : stage_examine(&solo->chain->sink, record, report);
}

/* One stage: its verdict, and the reason that goes with it. */
static void run_stage(struct solo *solo, size_t stage, struct sluice_record *record, struct solo_result *result)
{
    struct report_entry entry = {.set = false};
    sluice_report report = {.arena = &solo->arena, .records = &entry, .record_count = 1};
    bool is_sink = stage == solo->chain->transform_count;
    sluice_verdict verdict = is_sink ? examine_or_put(solo, record, &report)
                                     : instance_apply(&solo->transforms[stage], record, &solo->arena, &report);
    const struct report_entry *reason = entry.set ? &entry : &report.call;
    *result = (struct solo_result){
        .verdict = entry.set && report.nonsense == NULL && verdict != SLUICE_FATAL ? entry.verdict : verdict,
        .stage = is_sink ? STAGE_TASK_PUT : STAGE_TRANSFORMATION,
        .by = is_sink ? &solo->chain->sink : &solo->chain->transforms[stage],
        .code = report.nonsense != NULL ? "plugin.nonsense" : reason->code,
        .text = report.nonsense != NULL ? report.nonsense : reason->text,
    };
}

void solo_run(struct solo *solo, struct sluice_record *record, struct solo_result *result)
{
    static const sluice_verdict verdicts[] = {
        [RESULT_OPEN] = SLUICE_OK, [RESULT_FILTERED] = SLUICE_DROP, [RESULT_REJECTED] = SLUICE_REJECT};
    arena_reset(&solo->arena);
    *result = (struct solo_result){.verdict = SLUICE_OK, .stage = STAGE_TRANSFORMATION};
    if (record->view.value.data == NULL) {
        struct result decided = transforms_null_result((enum null_values)solo->config->pipeline.null_values);
        *result = (struct solo_result){
            .verdict = verdicts[decided.kind], .stage = decided.stage, .code = decided.code, .text = decided.text};
    }
    for (size_t stage = 0; stage <= solo->chain->transform_count && result->verdict == SLUICE_OK; stage++)
        run_stage(solo, stage, record, result);
}
