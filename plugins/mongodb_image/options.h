/* plugins/mongodb_image/options.h - the sink's options, and the connection string checked and completed.
 * Neighbour: mongodb_image.c, whose descriptor they are in. */
#ifndef SLUICE_MONGODB_IMAGE_OPTIONS_H
#define SLUICE_MONGODB_IMAGE_OPTIONS_H

#include "sluice/abi.h"

#include <mongoc/mongoc.h>

enum key_type { KEY_TYPE_STRING, KEY_TYPE_INT };
enum lookup_format { LOOKUP_EXTENDED, LOOKUP_EVENT };
enum version_missing { VERSION_MISSING_APPLY, VERSION_MISSING_FILL, VERSION_MISSING_REJECT };

struct mongodb_config {
    const char *uri, *database, *collection, *key_field;
    const char *delete_field; /* NULL: deleting is soft */
    int null_key_type;        /* enum key_type */
    sluice_list version_fields;
    int version_missing; /* enum version_missing */
    int unique_index;    /* 0: on, 1: off */
    int lookup_format;   /* enum lookup_format */
};

enum { MONGODB_OPTION_COUNT = 10 };
extern const sluice_option mongodb_options[MONGODB_OPTION_COUNT];

/* The descriptor's check(). */
void mongodb_check(const void *config, sluice_report *report);

/* The connection string with our defaults where it says nothing; NULL when it is none.  The caller destroys it. */
mongoc_uri_t *mongodb_uri(const struct mongodb_config *config, bson_error_t *error);

/* The collection template with ${topic} replaced; bson_free() it. */
char *mongodb_collection(const struct mongodb_config *config, const char *topic);

#endif
