#include "codes.h"

#include <mongoc/mongoc.h>

#include <stddef.h>
#include <string.h>

static const struct error_meaning unknown = {0, CLASS_RETRY, "mongodb.unavailable"};

static const struct error_meaning meanings[] = {
    /* this document */
    {2, CLASS_REJECT, "mongodb.bad-value"},
    {9, CLASS_REJECT, "mongodb.bad-value"},
    {14, CLASS_REJECT, "mongodb.bad-value"},
    {15, CLASS_REJECT, "mongodb.too-deep"}, /* Overflow: nested deeper than the server's 180 */
    {22, CLASS_REJECT, MONGODB_INVALID_BSON},
    {28, CLASS_REJECT, "mongodb.path"},
    {40, CLASS_REJECT, "mongodb.path"},
    {52, CLASS_REJECT, MONGODB_FIELD_NAME}, /* DollarPrefixedFieldName */
    {53, CLASS_REJECT, MONGODB_ID_FIELD},
    {55, CLASS_REJECT, MONGODB_FIELD_NAME},
    {56, CLASS_REJECT, MONGODB_FIELD_NAME}, /* EmptyFieldName */
    {57, CLASS_REJECT, MONGODB_FIELD_NAME}, /* DottedFieldName */
    {66, CLASS_REJECT, MONGODB_ID_FIELD},   /* ImmutableField */
    {73, CLASS_REJECT, "mongodb.namespace"},
    {121, CLASS_REJECT, "mongodb.validation"},
    {10334, CLASS_REJECT, MONGODB_DOCUMENT_TOO_LARGE},
    {17419, CLASS_REJECT, MONGODB_DOCUMENT_TOO_LARGE},
    {17420, CLASS_REJECT, MONGODB_DOCUMENT_TOO_LARGE},
    {SERVER_DUPLICATE_KEY, CLASS_REJECT, MONGODB_DUPLICATE_KEY},
    /* what we may */
    {11, CLASS_FATAL, "mongodb.authentication"}, /* UserNotFound */
    {SERVER_UNAUTHORIZED, CLASS_FATAL, MONGODB_UNAUTHORIZED},
    {SERVER_AUTHENTICATION_FAILED, CLASS_FATAL, "mongodb.authentication"},
    {31, CLASS_FATAL, MONGODB_UNAUTHORIZED}, /* RoleNotFound */
    {8000, CLASS_FATAL, "mongodb.authentication"},
    /* what is in the way of our index */
    {SERVER_INDEX_OPTIONS, CLASS_FATAL, MONGODB_INDEX},
    {SERVER_INDEX_NAME, CLASS_FATAL, MONGODB_INDEX},
    /* transient, with a name of its own; everything else is so too */
    {6, CLASS_RETRY, "mongodb.network"},
    {7, CLASS_RETRY, "mongodb.network"},
    {24, CLASS_RETRY, "mongodb.lock"},
    {46, CLASS_RETRY, "mongodb.lock"},
    {64, CLASS_RETRY, MONGODB_WRITE_CONCERN},
    {79, CLASS_RETRY, MONGODB_WRITE_CONCERN},
    {89, CLASS_RETRY, "mongodb.network"},
    {91, CLASS_RETRY, "mongodb.failover"},
    {100, CLASS_RETRY, MONGODB_WRITE_CONCERN},
    {112, CLASS_RETRY, "mongodb.lock"},
    {189, CLASS_RETRY, "mongodb.failover"},
    {9001, CLASS_RETRY, "mongodb.network"},
    {10107, CLASS_RETRY, "mongodb.failover"},
    {11600, CLASS_RETRY, "mongodb.failover"},
    {11602, CLASS_RETRY, "mongodb.failover"},
    {13435, CLASS_RETRY, "mongodb.failover"},
    {13436, CLASS_RETRY, "mongodb.failover"},
    {14031, CLASS_RETRY, "mongodb.disk-full"},
};

const struct error_meaning *error_meaning(int32_t code)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].code == code)
            return &meanings[i];
    return &unknown;
}

int32_t error_code(const bson_error_t *error)
{
    bool of_server = error->domain == MONGOC_ERROR_SERVER || error->domain == MONGOC_ERROR_COLLECTION;
    return of_server ? (int32_t)error->code : 0;
}

const struct error_meaning *error_meaning_of(const bson_error_t *error)
{
    if (error->domain == MONGOC_ERROR_CLIENT && error->code == MONGOC_ERROR_CLIENT_AUTHENTICATE)
        return error_meaning(SERVER_AUTHENTICATION_FAILED);
    return error_meaning(error_code(error));
}

/* By libmongoc's words: all that keeps it from a server has one and the same number. */
static const struct {
    const char *phrase, *advice;
} advices[] = {
    {"Authentication failed", "look at the user, the password and authSource in connection.uri"},
    {"certificate verify failed", "look at tlsCAFile in connection.uri, and at the names in the server's certificate"},
    {"TLS handshake failed", "look at the tls options in connection.uri"},
    {"connection closed calling hello", "does the server want TLS? look at tls in connection.uri"},
    {"closed connection. calling hello", "does the server want TLS? look at tls in connection.uri"},
};

void error_tell(const bson_error_t *error, char text[ERROR_TEXT_SIZE])
{
    size_t size = strlen(error->message);
    const char *advice = NULL;
    for (size_t i = 0; i < sizeof advices / sizeof advices[0] && advice == NULL; i++)
        if (strstr(error->message, advices[i].phrase) != NULL)
            advice = advices[i].advice;
    if (size > 0 && error->message[size - 1] == '.')
        size--;
    bson_snprintf(text, ERROR_TEXT_SIZE, "%.*s%s%s", (int)size, error->message, advice != NULL ? ": " : "",
                  advice != NULL ? advice : "");
}
