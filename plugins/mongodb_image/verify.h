/* plugins/mongodb_image/verify.h - does the database have what the sink needs?  Looks, and changes nothing: whether the
 * server answers and lets us in, what we may do with a collection, its index, doubled keys.
 * Neighbours: index.h (which makes the index), codes.h (what an error means), mongodb_image.c (whose verify() this is).
 */
#ifndef SLUICE_MONGODB_IMAGE_VERIFY_H
#define SLUICE_MONGODB_IMAGE_VERIFY_H

#include "sink.h"

/* [task] Does a primary answer?  OK, or RETRY or FATAL with the reason in the report. */
sluice_verdict verify_server(struct sink *sink, sluice_report *report);
/* [task] The same of one collection. */
sluice_verdict verify_collection(struct sink *sink, const char *collection, sluice_report *report);

#endif
