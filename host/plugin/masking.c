#include "plugin/masking.h"

#include <string.h>

/* librdkafka's own secrets; a plugin's are flagged in its table. */
static const char *const kafka_secrets[] = {"sasl.password",
                                            "sasl.oauthbearer.client.secret",
                                            "sasl.oauthbearer.config",
                                            "ssl.key.password",
                                            "ssl.key.pem",
                                            "ssl.keystore.password",
                                            NULL};

static const struct stage *stage_of(const struct chain *chain, const char *section)
{
    for (size_t i = 0; i < chain->transform_count; i++)
        if (strcmp(chain->transforms[i].section, section) == 0)
            return &chain->transforms[i];
    return chain->sink.section != NULL && strcmp(chain->sink.section, section) == 0 ? &chain->sink : NULL;
}

/* The table that vouches for a section's keys; NULL: none does. */
static const struct option_table *table_of(const struct chain *chain, const char *section)
{
    for (size_t i = 0; host_sections[i].name != NULL; i++)
        if (strcmp(host_sections[i].name, section) == 0)
            return &host_sections[i].table;
    const struct stage *stage = stage_of(chain, section);
    return stage != NULL && stage->plugin != NULL ? &stage->plugin->options : NULL;
}

/* What nobody vouches for is masked: a section whose plugin could not be loaded may hold anything, a misspelt key too.
 */
static bool is_secret(const struct chain *chain, const char *section, const char *name)
{
    if (strncmp(section, "kafka", strlen("kafka")) == 0) {
        for (size_t i = 0; kafka_secrets[i] != NULL; i++)
            if (strcmp(kafka_secrets[i], name) == 0)
                return true;
        return false;
    }
    sluice_option row;
    const struct option_table *table = table_of(chain, section);
    if (strcmp(name, "plugin") == 0)
        return false;
    return table == NULL || !options_find(table, name, &row) || (row.flags & SLUICE_SECRET) != 0;
}

/* "${file:/run/secrets/uri}" and nothing around it: a password may stand beside a reference, or be its default. */
static bool is_reference(const char *written)
{
    return strncmp(written, "${", 2) == 0 && written[strcspn(written, "}")] == '}' &&
           written[strcspn(written, "}") + 1] == '\0' && strstr(written, ":-") == NULL;
}

const char *masking_shown(const struct chain *chain, const char *section, const struct setting *setting)
{
    return is_secret(chain, section, setting->name) && !is_reference(setting->written) ? MASKED : setting->written;
}
