#include "pipeline/settle.h"

#include "ops/log.h"
#include "pipeline/counters.h"
#include "pipeline/task_health.h"

#include <stdio.h>

static void finish(struct record *record)
{
    offsets_finished(&record->partition->offsets, record->offset);
    record_free(record);
}

static void log_reject(const struct settling *settling, const struct record *record, const struct result *result,
                       size_t task)
{
    const struct log_about about = {
        .area = "dead-letter",
        .plugin = result->by != NULL ? result->by->plugin->descriptor.name : NULL,
        .topic = record->topic,
        .task = (int32_t)task,
        .partition = record->partition_number,
        .offset = record->offset,
        .every = true, /* where there is no dead letter topic, this line is all that is left of the record */
    };
    const char *code = result->code != NULL ? result->code : "plugin.unspecified";
    if (settling->options->errors_log_include_messages && result->text != NULL)
        log_write(SLUICE_LOG_ERROR, &about, "%s: %s", code, result->text);
    else
        log_write(SLUICE_LOG_ERROR, &about, "%s", code);
}

static void reject(const struct settling *settling, struct record *record, const struct result *result, size_t task)
{
    if (settling->options->errors_log_enable)
        log_reject(settling, record, result, task);
    if (settling->letters->topic == NULL) { /* the error log is all that was asked for */
        finish(record);
        return;
    }
    record->partition->letters++;
    dead_letters_add(settling->letters, letter_new(record, result, task));
}

void settle_letter(void *opaque, const struct letter *letter)
{
    struct partition *partition = letter->record->partition;
    (void)opaque;
    counters_dead_lettered(letter->record->topic, letter->code);
    if (partition->epoch != letter->record->epoch)
        return;
    partition->letters--;
    offsets_finished(&partition->offsets, letter->record->offset);
}

/* True: the record is done with; false: it comes again. */
static bool settle_record(const struct settling *settling, struct record *record, const struct result *result,
                          size_t task)
{
    const struct partition *partition = record->partition;
    if (record->epoch != partition->epoch)
        record_free(record);
    else if (result->kind == RESULT_STORED || result->kind == RESULT_FILTERED)
        finish(record);
    else if (result->kind == RESULT_REJECTED)
        reject(settling, record, result, task);
    else if (partition->state != PARTITION_ACTIVE)
        record_free(record); /* it is being given up: the next owner gets it */
    else
        return false;
    return true;
}

/* One unit's records of the batch.  Those that come again go back to its front, from the last to the first. */
static void settle_unit(const struct settling *settling, struct task *task, size_t first, size_t end, int64_t now_ms)
{
    struct batch *batch = &task->batch;
    const struct record *of = batch->records[first];
    struct partition *partition = of->partition;
    struct unit *unit = of->epoch == partition->epoch ? of->unit : NULL; /* NULL: gone with its epoch */
    bool retried = false;
    partition->inside--;
    partition->abandoned -= unit == NULL;
    for (size_t i = first; i < end; i++)
        if (settle_record(settling, batch->records[i], &batch->results[i], task->index))
            batch->records[i] = NULL;
    for (size_t i = end; i-- > first;)
        if (batch->records[i] != NULL) {
            retried |= batch->results[i].kind == RESULT_RETRY;
            unit_put_back(unit, batch->records[i]);
        }
    if (unit != NULL)
        partition_unit_settled(partition, unit,
                               retried ? now_ms + retry_delay_ms(&settling->policy, unit->attempts, settling->random)
                                       : 0);
}

void settle_batch(const struct settling *settling, struct task *task, int64_t now_ms)
{
    struct batch *batch = &task->batch;
    counters_batch(batch);
    task_health_settled(task);
    for (size_t first = 0, end; first < batch->count; first = end) {
        for (end = first + 1; end < batch->count && batch->units[end] == batch->units[first];)
            end++;
        settle_unit(settling, task, first, end, now_ms);
    }
    batch_empty(batch);
}
