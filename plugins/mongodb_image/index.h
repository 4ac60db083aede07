/* plugins/mongodb_image/index.h - the unique index on the business key, which makes an upsert one document. */
#ifndef SLUICE_MONGODB_IMAGE_INDEX_H
#define SLUICE_MONGODB_IMAGE_INDEX_H

#include "sink.h"

/* [task] Sees to the collection's index, once an instance; create false: only looks.  OK, or RETRY or FATAL with the
 * reason in the report: doubled keys are named. */
sluice_verdict index_ensure(struct sink *sink, const char *collection, bool create, sluice_report *report);

#endif
