#include "index_fit.h"

#include <string.h>

static bool next_index(bson_iter_t *indexes, bson_t *index)
{
    const uint8_t *data;
    uint32_t size;
    if (!bson_iter_next(indexes) || !BSON_ITER_HOLDS_DOCUMENT(indexes))
        return false;
    bson_iter_document(indexes, &size, &data);
    return bson_init_static(index, data, size);
}

static const char *name_of(const bson_t *index)
{
    bson_iter_t iter;
    return bson_iter_init_find(&iter, index, "name") && BSON_ITER_HOLDS_UTF8(&iter) ? bson_iter_utf8(&iter, NULL) : "";
}

static bool is_set(const bson_t *index, const char *option)
{
    bson_iter_t iter;
    return bson_iter_init_find(&iter, index, option) && bson_iter_as_bool(&iter);
}

static bool has_key(const bson_t *index, const char *key_field)
{
    bson_iter_t iter, key;
    return bson_iter_init_find(&iter, index, "key") && bson_iter_recurse(&iter, &key) && bson_iter_next(&key) &&
           strcmp(bson_iter_key(&key), key_field) == 0 && bson_iter_as_int64(&key) == 1 && !bson_iter_next(&key);
}

/* An index without one compares bytes, and is listed without one. */
static void read_collation(const bson_t *index, const uint8_t **data, uint32_t *size)
{
    bson_iter_t iter;
    *data = NULL;
    *size = 0;
    if (bson_iter_init_find(&iter, index, "collation") && BSON_ITER_HOLDS_DOCUMENT(&iter))
        bson_iter_document(&iter, size, data);
}

/* The index on _id has the collection's own collation, as an index has that is made without naming one. */
static bool has_own_collation(const bson_t *indexes, const bson_t *index)
{
    const uint8_t *own = NULL, *its;
    uint32_t own_size = 0, its_size;
    bson_iter_t iter;
    bson_t other;
    read_collation(index, &its, &its_size);
    bson_iter_init(&iter, indexes);
    while (next_index(&iter, &other))
        if (strcmp(name_of(&other), "_id_") == 0)
            read_collation(&other, &own, &own_size);
    return its_size == own_size && (its_size == 0 || memcmp(its, own, its_size) == 0);
}

enum index_fit index_fit(const bson_t *indexes, const char *key_field, bool one_a_key, const char **in_the_way)
{
    char *our_name = bson_strdup_printf("%s_1", key_field);
    enum index_fit fit = INDEX_MISSING;
    bson_iter_t iter;
    bson_t index;
    bson_iter_init(&iter, indexes);
    while (fit != INDEX_THERE && next_index(&iter, &index)) {
        bool same_key = has_key(&index, key_field) && has_own_collation(indexes, &index);
        if (same_key && is_set(&index, "unique") && !is_set(&index, "sparse") &&
            !bson_has_field(&index, "partialFilterExpression")) {
            fit = INDEX_THERE;
        } else if ((same_key && one_a_key) || strcmp(name_of(&index), our_name) == 0) {
            fit = INDEX_IN_THE_WAY;
            *in_the_way = name_of(&index);
        }
    }
    bson_free(our_name);
    return fit;
}
