#include "plugin/host_api.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "ops/log.h"
#include "ops/metrics.h"
#include "ops/redact.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The variadic functions come back to their twins: this declares `text`, freed with free(). */
#define FORMAT(text)                       \
    va_list args;                          \
    va_start(args, fmt);                   \
    char *text = alloc_vprintf(fmt, args); \
    va_end(args)

/* ---- Log and metrics ----------------------------------------------------------------------------- */

/* Libraries that log through a plugin, with their name in front and no context, have an area of their own. */
static const char *area_of(const sluice_context *context, const char *text)
{
    static const char *const libraries[] = {"libmongoc"};
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0] && context == NULL; i++)
        if (strncmp(text, libraries[i], strlen(libraries[i])) == 0)
            return libraries[i];
    return "plugin";
}

static void write_log(const sluice_context *context, sluice_level level, const char *fmt, const char *text)
{
    const struct log_about about = {.area = area_of(context, text),
                                    .plugin = context != NULL ? context->plugin : NULL,
                                    .repeats = fmt,
                                    .task = context != NULL ? context->task : -1,
                                    .offset = -1};
    log_write(level, &about, "%s", text);
}

static void log_text(const sluice_context *context, sluice_level level, const char *text)
{
    write_log(context, level, NULL, text);
}

static void log_format(const sluice_context *context, sluice_level level, const char *fmt, ...)
{
    if (context != NULL && !log_wanted("plugin", level))
        return;
    FORMAT(text);
    write_log(context, level, context != NULL ? fmt : NULL, text);
    free(text);
}

static struct metric_series *series_of(const sluice_context *context, size_t metric)
{
    return context != NULL && metric < context->metric_count ? context->metrics[metric] : NULL;
}

static void add(const sluice_context *context, size_t metric, double delta)
{
    if (series_of(context, metric) != NULL)
        metric_add(series_of(context, metric), delta);
}

static void set(const sluice_context *context, size_t metric, double value)
{
    if (series_of(context, metric) != NULL)
        metric_set(series_of(context, metric), value);
}

static void observe(const sluice_context *context, size_t metric, double value)
{
    if (series_of(context, metric) != NULL)
        metric_observe(series_of(context, metric), value);
}

/* ---- Context ------------------------------------------------------------------------------------- */

static const char *context_pipeline(const sluice_context *context)
{
    return context != NULL ? context->pipeline : NULL;
}

static const char *context_instance(const sluice_context *context)
{
    return context != NULL ? context->instance : NULL;
}

static int32_t context_task(const sluice_context *context)
{
    return context != NULL ? context->task : -1;
}

static bool stopping(const sluice_context *context)
{
    return context != NULL && context->limits != NULL && atomic_load(&context->limits->stopping);
}

static int64_t time_left_ms(const sluice_context *context)
{
    int64_t deadline_ms =
        context != NULL && context->limits != NULL ? atomic_load(&context->limits->deadline_ms) : INT64_MAX;
    if (deadline_ms == INT64_MAX)
        return INT64_MAX;
    int64_t left_ms = deadline_ms - clock_now_ms();
    return left_ms > 0 ? left_ms : 0;
}

/* ---- Batch and record ---------------------------------------------------------------------------- */

static size_t batch_count(const sluice_batch *batch)
{
    return batch->count;
}

static const sluice_record *batch_record(const sluice_batch *batch, size_t index)
{
    return index < batch->count ? batch->records[index] : NULL;
}

static void record_view(const sluice_record *record, sluice_record_view *view)
{
    uint32_t size = view->size < sizeof *view ? view->size : (uint32_t)sizeof *view;
    memcpy(view, &record->view, size);
    view->size = size;
}

static bool record_header_at(const sluice_record *record, size_t index, const char **name, sluice_bytes *value)
{
    if (index >= record->view.header_count)
        return false;
    *name = record->headers[index].name;
    *value = record->headers[index].value;
    return true;
}

static bool record_header(const sluice_record *record, const char *name, sluice_bytes *value)
{
    for (size_t i = record->view.header_count; i-- > 0;)
        if (strcmp(record->headers[i].name, name) == 0) {
            *value = record->headers[i].value;
            return true;
        }
    return false;
}

/* ---- Reports ------------------------------------------------------------------------------------- */

/* The ends of what a plugin says are many (the log, letters, /ready, a letter's metric): its secrets are masked here.
 */
static const char *said(struct arena *arena, const char *text)
{
    char *copy = text != NULL ? arena_text(arena, text) : NULL;
    if (copy != NULL)
        redact(copy);
    return copy;
}

static void fill(struct arena *arena, struct report_entry *entry, sluice_verdict verdict, const char *code,
                 const char *text)
{
    *entry =
        (struct report_entry){.set = true, .verdict = verdict, .code = said(arena, code), .text = said(arena, text)};
}

static void report_record_text(sluice_report *report, size_t index, sluice_verdict verdict, const char *code,
                               const char *text)
{
    if (index >= report->record_count)
        report->nonsense =
            arena_printf(report->arena, "reported record %zu of a call with %zu", index, report->record_count);
    else if (verdict < SLUICE_OK || verdict >= SLUICE_FATAL)
        report->nonsense =
            arena_printf(report->arena, "reported verdict %d for record %zu, which no record can have", verdict, index);
    else
        fill(report->arena, &report->records[index], verdict, code, text);
}

static void report_record(sluice_report *report, size_t index, sluice_verdict verdict, const char *code,
                          const char *fmt, ...)
{
    FORMAT(text);
    report_record_text(report, index, verdict, code, text);
    free(text);
}

static void report_call_text(sluice_report *report, const char *code, const char *text)
{
    fill(report->arena, &report->call, SLUICE_OK, code, text);
}

static void report_call(sluice_report *report, const char *code, const char *fmt, ...)
{
    FORMAT(text);
    report_call_text(report, code, text);
    free(text);
}

static void report_option_text(sluice_report *report, const char *option, const char *code, const char *text)
{
    if (report->option != NULL)
        report->option(report->opaque, option, code, text);
}

static void report_option(sluice_report *report, const char *option, const char *code, const char *fmt, ...)
{
    FORMAT(text);
    report_option_text(report, option, code, text);
    free(text);
}

/* ---- Edits --------------------------------------------------------------------------------------- */

static void *edit_alloc(sluice_edit *edit, size_t size)
{
    return arena_alloc(edit->arena, size);
}

static void edit_value(sluice_edit *edit, sluice_bytes value)
{
    edit->after.view.value = value;
}

static sluice_bytes copied(sluice_edit *edit, sluice_bytes bytes)
{
    if (bytes.data != NULL)
        bytes.data = arena_copy(edit->arena, bytes.data, bytes.size);
    return bytes;
}

static void edit_key(sluice_edit *edit, sluice_bytes key)
{
    edit->after.view.key = copied(edit, key);
}

static void edit_topic(sluice_edit *edit, const char *topic)
{
    edit->after.view.topic = arena_text(edit->arena, topic);
}

/* The first change to headers leaves the record's own array behind. */
static void own_headers(sluice_edit *edit, size_t wanted)
{
    struct sluice_record *after = &edit->after;
    if (wanted <= edit->header_capacity)
        return;
    size_t capacity = wanted * 2 + 2;
    struct record_header *headers = arena_alloc(edit->arena, capacity * sizeof *headers);
    if (after->view.header_count > 0)
        memcpy(headers, after->headers, after->view.header_count * sizeof *headers);
    after->headers = headers;
    edit->header_capacity = capacity;
}

static void edit_header_remove(sluice_edit *edit, const char *name)
{
    struct sluice_record *after = &edit->after;
    uint32_t kept = 0;
    own_headers(edit, after->view.header_count);
    for (uint32_t i = 0; i < after->view.header_count; i++)
        if (strcmp(after->headers[i].name, name) != 0)
            after->headers[kept++] = after->headers[i];
    after->view.header_count = kept;
}

static void edit_header_set(sluice_edit *edit, const char *name, sluice_bytes value)
{
    struct sluice_record *after = &edit->after;
    edit_header_remove(edit, name);
    own_headers(edit, (size_t)after->view.header_count + 1);
    after->headers[after->view.header_count++] =
        (struct record_header){.name = arena_text(edit->arena, name), .value = copied(edit, value)};
}

/* ---- Replies ------------------------------------------------------------------------------------- */

static void reply_append(sluice_reply *reply, sluice_bytes json)
{
    reply->json = alloc_resized(reply->json, reply->size + json.size + 1, 1);
    if (json.size > 0)
        memcpy(reply->json + reply->size, json.data, json.size);
    reply->size += json.size;
    reply->json[reply->size] = '\0';
}

const sluice_host host_api = {
    .size = sizeof host_api,
    .abi_major = SLUICE_ABI_MAJOR,
    .abi_minor = SLUICE_ABI_MINOR,
    .log = log_format,
    .metric_add = add,
    .metric_set = set,
    .metric_observe = observe,
    .context_pipeline = context_pipeline,
    .context_instance = context_instance,
    .context_task = context_task,
    .stopping = stopping,
    .time_left_ms = time_left_ms,
    .batch_count = batch_count,
    .batch_record = batch_record,
    .record_view = record_view,
    .record_header = record_header,
    .record_header_at = record_header_at,
    .report_record = report_record,
    .report_call = report_call,
    .report_option = report_option,
    .edit_alloc = edit_alloc,
    .edit_value = edit_value,
    .edit_key = edit_key,
    .edit_topic = edit_topic,
    .edit_header_set = edit_header_set,
    .edit_header_remove = edit_header_remove,
    .reply_append = reply_append,
    .log_text = log_text,
    .report_record_text = report_record_text,
    .report_call_text = report_call_text,
    .report_option_text = report_option_text,
};

/* ---- A plugin's series --------------------------------------------------------------------------- */

static struct metric_family *family_of(const sluice_plugin *descriptor, size_t i)
{
    static const char *const labels[] = {"instance", "task", NULL};
    sluice_metric row;
    memset(&row, 0, sizeof row);
    memcpy(&row, (const char *)descriptor->metrics + i * descriptor->metric_size,
           descriptor->metric_size < sizeof row ? descriptor->metric_size : sizeof row);
    char *name = alloc_printf("sluice_%s_%s", descriptor->name, row.name);
    struct metric_family *family = metrics_family(name, row.kind, row.unit, row.help, labels);
    free(name);
    return family;
}

void host_api_metrics_register(const sluice_plugin *descriptor)
{
    for (size_t i = 0; i < descriptor->metric_count; i++)
        family_of(descriptor, i);
}

void host_api_metrics_new(sluice_context *context, const sluice_plugin *descriptor)
{
    char task[16];
    snprintf(task, sizeof task, "%d", (int)context->task);
    const char *const values[] = {context->instance, task, NULL};
    context->metric_count = descriptor->metric_count;
    context->metrics = alloc_zeroed(descriptor->metric_count, sizeof(struct metric_series *));
    for (size_t i = 0; i < descriptor->metric_count; i++)
        context->metrics[i] = metrics_series(family_of(descriptor, i), values);
}

void host_api_metrics_free(sluice_context *context)
{
    free(context->metrics);
    context->metrics = NULL;
    context->metric_count = 0;
}
