/* sink.c - the beginning of a sink of your own: counts records, and refuses those above a limit.
 *
 *     cc sink.c $(pkg-config --cflags sluice-sdk) -o my-sink.so
 *     sluice describe ./my-sink.so
 *
 * and in the INI:  [sink.mine]  plugin = /path/to/my-sink.so  (or plugin = my-sink, with [pipeline] plugin.path)
 */
#include <sluice/sluice.h>

#include <stdlib.h>

struct config {
    int64_t limit;
};

static const sluice_option options[] = {
    SLUICE_INT_OPTION(struct config, limit, "limit", "1000000", "The largest value in bytes.", .flags = SLUICE_HAS_MIN,
                      .min = 1),
};

struct sink {
    const sluice_context *context;
    const struct config *config;
};

static sluice_verdict sink_open(const sluice_context *context, const void *config, sluice_report *report, void **self)
{
    struct sink *sink = malloc(sizeof *sink);
    if (sink == NULL) {
        sluice_api->report_call(report, "my-sink.memory", "no memory");
        return SLUICE_RETRY;
    }
    *sink = (struct sink){.context = context, .config = config};
    *self = sink;
    return SLUICE_OK;
}

/* Returns when the records are safe.  What is returned counts for every record that was not reported. */
static sluice_verdict sink_put(void *self, const sluice_batch *batch, sluice_report *report)
{
    struct sink *sink = self;
    for (size_t i = 0; i < sluice_api->batch_count(batch); i++) {
        sluice_record_view record = sluice_view(sluice_api->batch_record(batch, i));
        if (record.value.size > (size_t)sink->config->limit)
            sluice_api->report_record(report, i, SLUICE_REJECT, "my-sink.too-large", "%zu bytes", record.value.size);
    }
    return SLUICE_OK;
}

static void sink_close(void *self)
{
    free(self);
}

static const sluice_sink_ops ops = {.size = sizeof ops, .open = sink_open, .put = sink_put, .close = sink_close};

SLUICE_PLUGIN(.name = "my-sink", .version = "1.0.0", .summary = "Counts records.", .accepts = SLUICE_ANY, .sink = &ops,
              .config_size = sizeof(struct config), .options = options, .option_count = SLUICE_LENGTH(options));
