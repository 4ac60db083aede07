#include "commands/listeners.h"

#include "ops/probes.h"

static int open_probes(struct listeners *listeners, const struct http_options *wanted, struct error *error)
{
    static const struct http_route *const tables[] = {probe_routes, NULL};
    static int64_t live_limit_ms = LIVE_LIMIT_MS;
    const struct http_settings probes = {
        .option = "metrics.listen", .listen = wanted->metrics_listen, .tables = tables, .opaque = &live_limit_ms};
    return http_open(&listeners->probes, &probes, error);
}

int listeners_open(struct listeners *listeners, const struct loaded *loaded, struct control *control,
                   struct error *error)
{
    const struct pipeline_config *config = &loaded->config;
    const struct http_options *wanted = &config->http;
    *listeners = (struct listeners){.probes = NULL};
    if (wanted->metrics_listen != NULL && open_probes(listeners, wanted, error) != 0)
        return -1;
    if (wanted->admin_listen != NULL &&
        admin_open(&listeners->admin, config, &loaded->settings, &loaded->chain, control, error) != 0)
        return -1;
    if (wanted->read_listen != NULL && reading_open(&listeners->reading, config, &loaded->chain, error) != 0)
        return -1;
    return 0;
}

void listeners_close_admin(struct listeners *listeners)
{
    admin_close(listeners->admin);
    listeners->admin = NULL;
}

void listeners_close(struct listeners *listeners)
{
    reading_close(listeners->reading);
    listeners_close_admin(listeners);
    http_close(listeners->probes);
}
