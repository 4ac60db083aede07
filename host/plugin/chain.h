/* plugin/chain.h - the stages that a configuration names: transforms in order, then the sink.  Loaded, their options
 * bound and checked, their formats fitted together; nothing opened yet.
 * Neighbours: loader.h, config/pipeline_config.h, instance.h (which opens stages, once per task). */
#ifndef SLUICE_PLUGIN_CHAIN_H
#define SLUICE_PLUGIN_CHAIN_H

#include "config/pipeline_config.h"
#include "plugin/loader.h"

struct stage {
    const char *section;   /* "transform.event", "sink.images" */
    struct plugin *plugin; /* NULL after a problem */
    void *config;          /* the plugin's config struct, bound; lives as long as the chain */
};

struct chain {
    struct stage *transforms;
    size_t transform_count;
    struct stage sink;
    struct arena arena;
};

/* [main] Problems found are told with their places: a plugin that cannot be loaded, unknown or wrong options, what
 * check() says, formats that do not fit ("[transform.event] produces bson, [sink.x] accepts bytes, json"), a sink
 * named as a transform.  Every stage is tried, whatever happened to the ones before. */
void chain_build(struct chain *chain, const struct settings *settings, const struct pipeline_config *config,
                 struct problems *problems);
/* Is it an option of the host in a plugin's section: "plugin"? */
bool chain_owns(const char *option);
/* [main] load() of each plugin; the first that refuses ends it. */
int chain_load(struct chain *chain, struct error *error);
void chain_free(struct chain *chain);

#endif
