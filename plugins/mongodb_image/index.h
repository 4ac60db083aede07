/* plugins/mongodb_image/index.h - the unique index on the business key, which makes an upsert one document.
 * Neighbours: index_fit.h (which of those that are there will do), verify.h. */
#ifndef SLUICE_MONGODB_IMAGE_INDEX_H
#define SLUICE_MONGODB_IMAGE_INDEX_H

#include "sink.h"

/* [task] Sees to the collection's index, once until it is forgotten.  OK, or RETRY or FATAL with the reason in the
 * report: doubled keys are named. */
sluice_verdict index_ensure(struct sink *sink, const char *collection, sluice_report *report);
/* [task] No index is known to be there any more. */
void index_forget(struct sink *sink);
/* [task] Is it there, or could it be made?  Changes nothing.  OK with something in the report is a warning. */
sluice_verdict index_look(struct sink *sink, const char *collection, sluice_report *report);

#endif
