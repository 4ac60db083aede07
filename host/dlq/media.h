/* dlq/media.h - what kind of file some bytes are, by how they begin; also when they are written as hex digits, as the
 * leaf system's pictures are. Neighbours: payload.h (folds them), page (shows a picture). */
#ifndef SLUICE_DLQ_MEDIA_H
#define SLUICE_DLQ_MEDIA_H

#include "sluice/abi.h"

struct media {
    const char *name; /* "JPEG" */
    const char *type; /* "image/jpeg" */
};

/* NULL: nothing known. */
const struct media *media_of(const void *data, size_t size);
/* Is it an even number of hex digits, 32 at least?  *media: of the bytes they stand for. */
bool media_is_hex(const char *text, size_t size, const struct media **media);

#endif
