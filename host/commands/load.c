#include "commands/load.h"

#include "pipeline/aliases.h"
#include "pipeline/clients.h"
#include "pipeline/counters.h"
#include "plugin/crash.h"
#include "plugin/masking.h"

void load(struct loaded *loaded, const struct file_list *files, bool clients)
{
    *loaded = (struct loaded){.problems = problems_new()};
    crash_tell();
    settings_load(&loaded->settings, files->files, files->count, loaded->problems);
    pipeline_config_bind(&loaded->config, &loaded->settings, loaded->problems);
    chain_build(&loaded->chain, &loaded->settings, &loaded->config, loaded->problems);
    masking_begin(&loaded->chain, &loaded->settings);
    counters_init();
    aliases_bind(&loaded->config, &loaded->settings, loaded->problems);
    if (clients)
        clients_validate(&loaded->config, &loaded->settings, loaded->problems);
}

void load_free(struct loaded *loaded)
{
    chain_free(&loaded->chain);
    pipeline_config_free(&loaded->config);
    settings_free(&loaded->settings);
    problems_free(loaded->problems);
}
