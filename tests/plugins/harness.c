#include "harness.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell_option(void *out, const char *option, const char *code, const char *text)
{
    fprintf(out, "%s: %s (%s)\n", option, text, code);
}

static void bind(struct harness *h, va_list options)
{
    struct problems *problems = problems_new();
    struct section section = {.name = "test"};
    struct setting settings[32];
    size_t size;
    for (const char *option; (option = va_arg(options, const char *)) != NULL; section.count++) {
        const char *equals = strchr(option, '=');
        settings[section.count] = (struct setting){
            .name = arena_copy(&h->config_arena, option, (size_t)(equals - option)), .value = equals + 1};
    }
    section.settings = settings;
    h->stage.config = arena_zeroed(&h->config_arena, (size_t)h->plugin->descriptor.config_size + 1);
    options_bind(&h->plugin->options, &section, "test", NULL, &h->config_arena, h->stage.config, problems);
    FILE *out = open_memstream(&h->problems, &size);
    problems_print(problems, out);
    sluice_report report = {.arena = &h->config_arena, .option = tell_option, .opaque = out};
    if (problems_errors(problems) == 0)
        plugin_check(h->plugin, h->stage.section, h->stage.config, &report);
    fclose(out);
    problems_free(problems);
}

struct harness *harness_open(const char *name, ...)
{
    struct harness *h = alloc_zeroed(1, sizeof *h);
    struct error error;
    char *path = strchr(name, '/') != NULL ? alloc_text(name) : alloc_printf("%s/%s.so", SLUICE_TEST_PLUGINS, name);
    if (plugin_open(path, NULL, &h->plugin, &error) != 0 || plugin_load(h->plugin, &error) != 0) {
        fprintf(stderr, "harness: %s\n", error.text);
        abort();
    }
    free(path);
    h->stage.plugin = h->plugin;
    h->stage.section = "test";
    h->note = flight_note_new();
    atomic_store(&h->limits.deadline_ms, INT64_MAX);
    va_list options;
    va_start(options, name);
    bind(h, options);
    va_end(options);
    if (h->problems[0] == '\0') {
        sluice_report report = {.arena = &h->config_arena};
        instance_init(&h->instance, &h->stage, "test", 0, &h->limits, h->note);
        instance_open(&h->instance, &report);
        h->call = report.call;
    }
    return h;
}

void harness_close(struct harness *h)
{
    if (h->instance.open)
        instance_close(&h->instance);
    flight_note_free(h->note);
    arena_free(&h->arena);
    arena_free(&h->config_arena);
    free(h->problems);
    free(h);
}

void harness_reset(struct harness *h)
{
    arena_reset(&h->arena);
}

struct sluice_record *harness_record(struct harness *h, const void *value, size_t size)
{
    static int64_t next_offset;
    struct sluice_record *record = arena_zeroed(&h->arena, sizeof *record);
    record->view = (sluice_record_view){.size = sizeof record->view,
                                        .offset = next_offset,
                                        .topic = "potato",
                                        .original_topic = "potato",
                                        .original_offset = next_offset,
                                        .format = SLUICE_BYTES,
                                        .value = {value, size}};
    next_offset++;
    return record;
}

static sluice_report report_for(struct harness *h, size_t count)
{
    memset(h->reports, 0, sizeof h->reports);
    return (sluice_report){.arena = &h->arena, .records = h->reports, .record_count = count};
}

static sluice_verdict keep(struct harness *h, const sluice_report *report, sluice_verdict returned)
{
    h->call = report->call;
    h->nonsense = report->nonsense;
    const struct report_entry *reason = h->reports[0].set ? &h->reports[0] : &h->call;
    h->code = reason->code != NULL ? reason->code : "";
    h->text = reason->text != NULL ? reason->text : "";
    return returned;
}

sluice_verdict harness_verdict(const struct harness *h, sluice_verdict returned, size_t i)
{
    return h->reports[i].set ? h->reports[i].verdict : returned;
}

sluice_verdict harness_apply(struct harness *h, struct sluice_record *record)
{
    sluice_report report = report_for(h, 1);
    sluice_verdict returned = instance_apply(&h->instance, record, &h->arena, &report);
    return harness_verdict(h, keep(h, &report, returned), 0);
}

sluice_verdict harness_examine(struct harness *h, struct sluice_record *record)
{
    sluice_report report = report_for(h, 1);
    sluice_verdict returned = stage_examine(&h->stage, record, &report);
    return harness_verdict(h, keep(h, &report, returned), 0);
}

sluice_verdict harness_put(struct harness *h, struct sluice_record *const *records, size_t count)
{
    const sluice_batch batch = {.records = records, .count = count};
    sluice_report report = report_for(h, count);
    return keep(h, &report, instance_put(&h->instance, &batch, &report));
}

sluice_verdict harness_lookup(struct harness *h, const char *topic, const char *key, const char **json)
{
    sluice_reply reply = {.json = NULL};
    sluice_report report = report_for(h, 0);
    sluice_verdict returned =
        key != NULL ? instance_lookup(&h->instance, topic, (sluice_bytes){key, strlen(key)}, &reply, &report)
                    : instance_count(&h->instance, topic, &reply, &report);
    *json = arena_text(&h->arena, reply.json != NULL ? reply.json : "");
    free(reply.json);
    return keep(h, &report, returned);
}
