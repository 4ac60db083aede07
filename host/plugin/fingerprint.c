#include "plugin/fingerprint.h"

#include "base/alloc.h"
#include "plugin/masking.h"

#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const char *section, *name, *value;
};

static int by_name(const void *a_, const void *b_)
{
    const struct entry *a = a_, *b = b_;
    int order = strcmp(a->section, b->section);
    return order != 0 ? order : strcmp(a->name, b->name);
}

static struct entry entry_of(const struct section *section, const struct setting *setting, const struct chain *chain)
{
    bool from_file = strstr(setting->written, "${file:") != NULL;
    return (struct entry){
        .section = section->name,
        .name = setting->name,
        .value = masking_hides(chain, section->name, setting->name) ? MASKED
                 : from_file                                        ? setting->written
                                                                    : setting->value,
    };
}

/* With the NUL behind it, so that no two different entries make the same bytes. */
static void hash(struct sha256_ctx *sha, const char *text)
{
    sha256_update(sha, strlen(text) + 1, (const uint8_t *)text);
}

void fingerprint(const struct settings *settings, const struct chain *chain, char text[FINGERPRINT_SIZE])
{
    size_t count = 0;
    struct entry *entries = NULL;
    for (size_t i = 0; i < settings->count; i++) {
        const struct section *section = &settings->sections[i];
        entries = alloc_resized(entries, count + section->count + 1, sizeof *entries);
        for (size_t j = 0; j < section->count; j++)
            entries[count++] = entry_of(section, &section->settings[j], chain);
    }
    if (count > 0)
        qsort(entries, count, sizeof *entries, by_name);
    struct sha256_ctx sha;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&sha);
    for (size_t i = 0; i < count; i++) {
        hash(&sha, entries[i].section);
        hash(&sha, entries[i].name);
        hash(&sha, entries[i].value);
    }
    sha256_digest(&sha, sizeof digest, digest);
    for (size_t i = 0; i < FINGERPRINT_SIZE / 2; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    free(entries);
}
