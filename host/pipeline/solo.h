/* pipeline/solo.h - one record through the chain by itself, outside of any task: for `try`, for testing a dead letter
 * and for replaying one to the sink. Neighbours: transforms.h (the same for a batch, and the rule for null values),
 * plugin/instance.h. */
#ifndef SLUICE_PIPELINE_SOLO_H
#define SLUICE_PIPELINE_SOLO_H

#include "base/error.h"
#include "pipeline/delivery.h"
#include "pipeline/transforms.h"

/* How far it goes. */
enum solo_reach {
    SOLO_EXAMINE, /* the transforms, then the sink's examine(): nothing is written, no server asked */
    SOLO_PUT      /* the transforms, then the sink's put() */
};

struct solo {
    const struct chain *chain;
    const struct pipeline_config *config;
    enum solo_reach reach;
    struct instance *transforms;
    size_t opened; /* of the transforms */
    struct instance sink;
    struct call_limits limits;
    struct flight_note *note;
    struct arena arena; /* of the record under way */
};

/* Texts live until the next record, or solo_close(). */
struct solo_result {
    sluice_verdict verdict;
    enum record_stage stage;
    const struct stage *by; /* NULL: the host */
    const char *code, *text;
};

/* One thread at a time.  Loads the plugins it needs.  *verdict: why the sink is not open, RETRY where it may be later.
 */
int solo_open(struct solo *solo, const struct chain *chain, const struct pipeline_config *config, enum solo_reach reach,
              sluice_verdict *verdict, struct error *error);
/* What the chain made of it is left in record, in memory that lives as the result's texts. */
void solo_run(struct solo *solo, struct sluice_record *record, struct solo_result *result);
void solo_close(struct solo *solo); /* fine when it is not open */

#endif
