#include "plugin/masking.h"

#include "ops/redact.h"

#include <librdkafka/rdkafka.h>
#include <string.h>

/* Its table does not say so where a program could read it, CONFIGURATION.md does in words, and each version has more
 * than the one before: the last part of the name tells, also where this version does not know it. */
static const char *const secret_endings[] = {".password", ".secret", ".passphrase", ".pem"};
static const char *const secret_otherwise[] = {"sasl.oauthbearer.config"};
static const char *const certificates[] = {"https.ca.pem", "ssl.ca.pem", "ssl.certificate.pem"}; /* for all to see */

#define HAS(names, name) has(names, sizeof names / sizeof names[0], name)

static bool has(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

enum secrecy { SECRECY_NONE, SECRECY_SECRET, SECRECY_UNKNOWN };

static bool librdkafka_knows(const char *name)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool known = rd_kafka_conf_set(conf, name, NULL, why, sizeof why) != RD_KAFKA_CONF_UNKNOWN;
    rd_kafka_conf_destroy(conf);
    return known;
}

static enum secrecy of_kafka(const char *name)
{
    const char *ending = strrchr(name, '.');
    if (HAS(secret_otherwise, name) || (ending != NULL && HAS(secret_endings, ending) && !HAS(certificates, name)))
        return SECRECY_SECRET;
    return librdkafka_knows(name) ? SECRECY_NONE : SECRECY_UNKNOWN;
}

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

static enum secrecy secrecy_of(const struct chain *chain, const char *section, const char *name)
{
    sluice_option row;
    if (strcmp(section, "kafka") == 0 || strncmp(section, "kafka.", strlen("kafka.")) == 0)
        return of_kafka(name);
    if (chain_owns(name))
        return SECRECY_NONE;
    const struct option_table *table = table_of(chain, section);
    if (table == NULL || !options_find(table, name, &row))
        return SECRECY_UNKNOWN;
    return row.flags & SLUICE_SECRET ? SECRECY_SECRET : SECRECY_NONE;
}

bool masking_hides(const struct chain *chain, const char *section, const char *name)
{
    return secrecy_of(chain, section, name) != SECRECY_NONE;
}

bool masking_is_reference(const char *written)
{
    return strncmp(written, "${", 2) == 0 && written[strcspn(written, "}")] == '}' &&
           written[strcspn(written, "}") + 1] == '\0' && strstr(written, ":-") == NULL;
}

const char *masking_shown(const struct chain *chain, const char *section, const struct setting *setting)
{
    bool hidden = masking_hides(chain, section, setting->name);
    return hidden && !masking_is_reference(setting->written) ? MASKED : setting->written;
}

void masking_begin(const struct chain *chain, const struct settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct section *section = &settings->sections[i];
        for (size_t j = 0; j < section->count; j++) {
            const struct setting *setting = &section->settings[j];
            enum secrecy secrecy = secrecy_of(chain, section->name, setting->name);
            if (secrecy == SECRECY_SECRET || (secrecy == SECRECY_UNKNOWN && setting->has_secret))
                redact_add(setting->value);
        }
    }
}
