/* plugins/mongodb_image/lookup.h - what the database holds: one document by its business key, how many there are.  On
 * an instance that is never put to. Neighbours: sink.h, mongodb_image.c (whose table these are in). */
#ifndef SLUICE_MONGODB_IMAGE_LOOKUP_H
#define SLUICE_MONGODB_IMAGE_LOOKUP_H

#include "sluice/abi.h"

/* The sink's lookup() and count(), see sluice/abi.h.  A key is a whole number or a text.  FATAL: a document that JSON
 * has no form for, whose field is named. */
sluice_verdict lookup_document(void *self, const char *topic, sluice_bytes key, sluice_reply *reply,
                               sluice_report *report);
sluice_verdict lookup_count(void *self, const char *topic, sluice_reply *reply, sluice_report *report);

#endif
