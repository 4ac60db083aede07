/* plugins/mongodb_image/codes.h - what a MongoDB error means for a record, in one table: its class and the stable code
 * that dead letters and logs bear (plugins/README.md).
 * Numbers: MongoDB 6.0, src/mongo/base/error_codes.yml; 10334, 17419, 17420 from the places that raise them. */
#ifndef SLUICE_MONGODB_IMAGE_CODES_H
#define SLUICE_MONGODB_IMAGE_CODES_H

#include <bson/bson.h>
#include <stddef.h>

enum error_class {
    CLASS_RETRY,  /* transient: network, failover, locks, disk full, write concern, and whatever is not known */
    CLASS_REJECT, /* this document never will be stored */
    CLASS_FATAL   /* for a person to mend: credentials, privileges, an index in the way */
};

struct error_meaning {
    int32_t code;
    enum error_class class;
    const char *slug;
};

/* Never NULL: an unknown code is transient. */
const struct error_meaning *error_meaning(int32_t code);
/* The server's code in what libmongoc says, whose own numbers are of other things; 0: the server has not said it. */
int32_t error_code(const bson_error_t *error);
/* What an error of libmongoc's means. */
const struct error_meaning *error_meaning_of(const bson_error_t *error);
/* The error's message, with what a person may look at. */
enum { ERROR_TEXT_SIZE = sizeof((bson_error_t *)NULL)->message + 128 };
void error_tell(const bson_error_t *error, char text[ERROR_TEXT_SIZE]);

/* Refusals of our own, before a server is asked. */
#define MONGODB_DOCUMENT_TOO_LARGE "mongodb.document-too-large"
#define MONGODB_DUPLICATE_KEY "mongodb.duplicate-key"
#define MONGODB_FIELD_NAME "mongodb.field-name"
#define MONGODB_ID_FIELD "mongodb.id-field"
#define MONGODB_MISSING_KEY "mongodb.missing-key"
#define MONGODB_KEY_TYPE "mongodb.key-type"
#define MONGODB_VERSION_MISSING "mongodb.version-missing"
#define MONGODB_INVALID_BSON "mongodb.invalid-bson"
#define MONGODB_DOUBLED_KEY "mongodb.doubled-key"
#define MONGODB_STALE "mongodb.stale"
#define MONGODB_FILLED "mongodb.filled"
#define MONGODB_UNCHANGED "mongodb.unchanged"
#define MONGODB_WRITE_CONCERN "mongodb.write-concern"
#define MONGODB_REPLY "mongodb.reply"
#define MONGODB_STOPPING "mongodb.stopping"
#define MONGODB_INDEX "mongodb.index"
#define MONGODB_NOT_PRIMARY "mongodb.not-primary"
#define MONGODB_UNAUTHORIZED "mongodb.unauthorized"

enum {
    SERVER_UNAUTHORIZED = 13,
    SERVER_AUTHENTICATION_FAILED = 18,
    SERVER_MAX_TIME = 50,      /* MaxTimeMSExpired */
    SERVER_INDEX_OPTIONS = 85, /* IndexOptionsConflict: such an index is there, of another name or other options */
    SERVER_INDEX_NAME = 86,    /* IndexKeySpecsConflict: the name is another index's */
    SERVER_DUPLICATE_KEY = 11000,
};

#endif
