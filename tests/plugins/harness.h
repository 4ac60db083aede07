/* plugins/harness.h - a fake host for plugin tests: a built .so opened by the real loader, options bound from
 * "name=value" texts, one instance, records made by hand.
 *
 *     struct harness *h = harness_open("json-event", "required=id", "convert.data=hex", NULL);
 *     struct sluice_record *record = harness_record(h, "{\"id\":1}", 8);
 *     assert_int_equal(harness_apply(h, record), SLUICE_OK);
 *     ... record->view.value, h->code, h->text ...
 *     harness_close(h);
 */
#ifndef SLUICE_TESTS_HARNESS_H
#define SLUICE_TESTS_HARNESS_H

#include "plugin/instance.h"

enum { HARNESS_MOST_RECORDS = 256 };

struct harness {
    struct plugin *plugin;
    struct stage stage;
    struct instance instance;
    struct call_limits limits;
    struct flight_note *note;
    struct arena arena; /* of the batch: harness_reset() empties it */
    struct arena config_arena;
    struct settings settings;
    char *problems; /* what binding and check() said; "" when all was fine */

    /* The last call's answers. */
    struct report_entry reports[HARNESS_MOST_RECORDS];
    struct report_entry call;
    const char *nonsense;
    const char *code, *text; /* of record 0, or of the call */
};

/* The plugin NAME of the build tree, or a path.  Options end with NULL.  The instance is open unless problems were
 * found or open() failed (h->instance.open tells). */
struct harness *harness_open(const char *name, ...) __attribute__((sentinel));
void harness_close(struct harness *harness);

/* A record of topic "potato", partition 0, the next offset; borrowed value, in the arena. */
struct sluice_record *harness_record(struct harness *harness, const void *value, size_t size);
void harness_reset(struct harness *harness);

/* The verdict of the record: its own report's, else what was returned. */
sluice_verdict harness_apply(struct harness *harness, struct sluice_record *record);
sluice_verdict harness_examine(struct harness *harness, struct sluice_record *record);
/* What put() returned; reports[i] has each record's own. */
sluice_verdict harness_put(struct harness *harness, struct sluice_record *const *records, size_t count);
/* key NULL: count(). The reply in the arena, "" when there was none. */
sluice_verdict harness_lookup(struct harness *harness, const char *topic, const char *key, const char **json);
/* The verdict of record i of the last put. */
sluice_verdict harness_verdict(const struct harness *harness, sluice_verdict returned, size_t i);

#endif
