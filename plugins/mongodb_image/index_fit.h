/* plugins/mongodb_image/index_fit.h - what the indexes that a collection has are to the one that we want: {KEY: 1},
 * unique, of all documents and in the collection's own collation, named KEY_1.  Pure.
 * What createIndexes makes of each: MongoDB 6.0, src/mongo/db/catalog/index_catalog_impl.cpp; tests/plugins/ has them
 * all.  Neighbour: index.c, which lists them. */
#ifndef SLUICE_MONGODB_IMAGE_INDEX_FIT_H
#define SLUICE_MONGODB_IMAGE_INDEX_FIT_H

#include <bson/bson.h>

enum index_fit {
    INDEX_MISSING,   /* it can be made */
    INDEX_THERE,     /* one does what ours would, whatever its name */
    INDEX_IN_THE_WAY /* one is something else, and ours cannot be made beside it */
};

/* indexes: an array of what listIndexes tells.  one_a_key: the server, older than MongoDB 5.0, has no second index of
 * one key, whatever the options.  in_the_way: the name of that one, as long as `indexes` lives. */
enum index_fit index_fit(const bson_t *indexes, const char *key_field, bool one_a_key, const char **in_the_way);

#endif
