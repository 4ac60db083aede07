/* plugins/mongodb_image/outcome.h - what a reply to one command means for each of its statements.  Pure.
 *
 * success -> all stored;  writeErrors -> those by code, the rest stored;  writeConcernError -> all that are not in
 * writeErrors come again;  anything else, an error code of 0 included -> every one by the class of the error, unknown
 * ones transient;  and the counts must add up: a merge matches or makes one document, a delete one or none.
 * Neighbours: codes.h (the classes), write.c (who asks). */
#ifndef SLUICE_MONGODB_IMAGE_OUTCOME_H
#define SLUICE_MONGODB_IMAGE_OUTCOME_H

#include "codes.h"
#include "event.h"
#include "sluice/abi.h"

#include <bson/bson.h>

struct statement_outcome {
    sluice_verdict verdict;
    const char *code; /* static; NULL with SLUICE_OK */
    char text[256];
};

/* reply: as the server sent it, possibly empty; error: libmongoc's, when the command did not succeed, else NULL.
 * outcomes: one a statement.  Returns true when the command itself failed, so that the ones after it would too. */
bool outcome_judge(const bson_t *reply, const bson_error_t *error, enum operation operation, const char *key_field,
                   struct statement_outcome *outcomes, size_t count);

#endif
