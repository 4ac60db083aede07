/* sluice/abi.h - the binary contract between the Sluice host and its plugins.
 * Neighbours: sluice/sluice.h (macros for authors), host/plugin/ (the other side).
 * Read on for: words, what a plugin implements, what it may call, options and metrics, descriptor.
 *
 * Versions.  A plugin loads when its major equals the host's and its minor is not newer; nothing
 * else decides.  Appending a member, function, column or constant raises MINOR, any other change
 * MAJOR.  Structs carry their size and tables their stride, either side's may be the longer: read
 * what both know (SLUICE_HAS), ignore the rest.  Never changed within a major: sluice_bytes,
 * sluice_list, sluice_pair, sluice_map.
 *
 * Ownership.  What one side hands the other is borrowed until that call returns, unless its line
 * says more.  Nothing is freed across the boundary, no exception or longjmp crosses it.
 *
 * Threads.  [main]: the thread that loaded the plugin.  [task]: one thread at a time per instance,
 * not always the same one; an instance needs no locks.  [any]: any thread, concurrently.
 *
 * Changes.  1.0: first release.
 */
#ifndef SLUICE_ABI_H
#define SLUICE_ABI_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_MAGIC 0x43494c53u /* "SLIC" */
#define SLUICE_ABI_MAJOR 1u
#define SLUICE_ABI_MINOR 0u

/* Define it lower to load into older hosts too; then ask SLUICE_HAS(sluice_api, f) before calling
 * a function f that is newer than the target. */
#ifndef SLUICE_TARGET_MINOR
#define SLUICE_TARGET_MINOR SLUICE_ABI_MINOR
#endif
#if SLUICE_TARGET_MINOR > SLUICE_ABI_MINOR
#error "SLUICE_TARGET_MINOR is newer than this header"
#endif

#define SLUICE_EXPORT __attribute__((visibility("default")))
#define SLUICE_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* True when 'member' lies inside the struct as the other side compiled it, and is set. */
#define SLUICE_HAS(p, member) ((p)->size >= offsetof(__typeof__(*(p)), member) + sizeof((p)->member) && (p)->member)

/* ---- Words ----------------------------------------------------------------------------------- */

/* A call's return value is the verdict of every record the call did not report; a report wins over
 * it, and the last report of a record over earlier ones. */
typedef int32_t sluice_verdict;
enum {
    SLUICE_OK = 0, /* finished */
    SLUICE_DROP,   /* finished on purpose without storing; counted as filtered */
    SLUICE_RETRY,  /* transient: comes again after a backoff, and with it every later record of its
                      ordering unit in the batch, whatever was said of those */
    SLUICE_REJECT, /* never will succeed: becomes a dead letter.  Returned for several records it
                      means "one of these": the host puts halves until the record is alone */
    SLUICE_FATAL   /* the instance cannot go on and is closed.  Only returned, never reported */
};

/* What a value's bytes are.  The host checks the chain before it opens anything: each stage must
 * accept what the one before it produces.  A record from Kafka is SLUICE_BYTES. */
typedef uint32_t sluice_format;
enum {
    SLUICE_SAME = 1 << 0, /* produces: what came in (filters, routers) */
    SLUICE_BYTES = 1 << 1,
    SLUICE_JSON = 1 << 2,
    SLUICE_BSON = 1 << 3,
    SLUICE_ANY = 0x7fffffff /* accepts: every format, future ones too */
};

typedef int32_t sluice_level;
enum { SLUICE_LOG_ERROR = 1, SLUICE_LOG_WARN, SLUICE_LOG_INFO, SLUICE_LOG_DEBUG };

typedef int32_t sluice_timestamp_type;
enum { SLUICE_TIME_NONE = 0, SLUICE_TIME_CREATE, SLUICE_TIME_LOG_APPEND };

typedef struct sluice_bytes {
    const void *data; /* NULL is Kafka's null, which is not the empty string; a record's value is NULL only where
                         the file says null.values = delete */
    size_t size;
} sluice_bytes;

typedef struct sluice_list {
    const char *const *items;
    size_t count;
} sluice_list;

typedef struct sluice_context sluice_context; /* one instance, as the host knows it */
typedef struct sluice_batch sluice_batch;
typedef struct sluice_record sluice_record;
typedef struct sluice_edit sluice_edit;     /* changes to one record */
typedef struct sluice_report sluice_report; /* what went wrong, and with what */
typedef struct sluice_reply sluice_reply;   /* answer to lookup() and count() */

typedef struct sluice_record_view {
    uint32_t size;     /* in: sizeof(sluice_record_view); out: what the host filled of it */
    int32_t partition; /* where it was read just now, -1 for a letter put by hand ... */
    int64_t offset;
    const char *topic;          /* ... but a transform may have renamed the topic */
    const char *original_topic; /* where it was first: survives routing and replay, so this */
    int64_t original_offset;    /* topic, partition, offset is the key for idempotent writes */
    int32_t original_partition;
    uint32_t header_count;
    int64_t timestamp_ms; /* since 1970 UTC; means nothing with SLUICE_TIME_NONE */
    sluice_timestamp_type timestamp_type;
    sluice_format format; /* of value */
    sluice_bytes key;
    sluice_bytes value;
} sluice_record_view;

/* ---- What a plugin implements ---------------------------------------------------------------- */

/* open() returns OK, RETRY (say, a server is down) or FATAL; the host tries again after a backoff.
 * A failing open() frees what it took; close() follows only an OK.  context and config live,
 * unchanged, until close() returns.  A process opens any number of instances. */
typedef struct sluice_sink_ops {
    uint32_t size;
    sluice_verdict (*open)(const sluice_context *, const void *config, sluice_report *, void **self); /* [task] */
    /* [task] Returns when the records are safe.  Idempotent: records come again after a RETRY, a
     * halved REJECT, a rebalance, a crash. */
    sluice_verdict (*put)(void *self, const sluice_batch *, sluice_report *);
    void (*close)(void *self); /* [task] */

    /* Optional.  Called on an instance of their own, opened with the same config and never put to.
     * OK, RETRY, REJECT for a key or topic that cannot be, or FATAL: it is opened anew before the next one. */
    sluice_verdict (*lookup)(void *self, const char *topic, sluice_bytes key, sluice_reply *,
                             sluice_report *); /* [task] key and reply: JSON; no reply: not there */
    sluice_verdict (*count)(void *self, const char *topic, sluice_reply *,
                            sluice_report *); /* [task] reply: a JSON number */

    /* Optional, after open(), every few seconds in which there is nothing to put, and for `validate --connect`: server,
     * privileges and what these topics need (indexes, say).  With create false it changes nothing, and what is
     * reported beside an OK is a warning.  OK, RETRY or FATAL. */
    sluice_verdict (*verify)(void *self, const sluice_list *topics, bool create, sluice_report *); /* [task] */

    /* Optional, pure: the part of put()'s judgement that needs no server, for `sluice try`.  OK, DROP or REJECT of
     * this one record (index 0 of the report), the same as put() would say.  May run without load(). */
    sluice_verdict (*examine)(const void *config, const sluice_record *, sluice_report *); /* [any] */
} sluice_sink_ops;

typedef struct sluice_transform_ops {
    uint32_t size;
    sluice_verdict (*open)(const sluice_context *, const void *config, sluice_report *, void **self); /* [task] */
    sluice_verdict (*apply)(void *self, const sluice_record *, sluice_edit *, sluice_report *);       /* [task] */
    void (*close)(void *self);                                                                        /* [task] */
} sluice_transform_ops;

/* ---- What a plugin may call ------------------------------------------------------------------ */

/* Owned by the host, there for the life of the process.  In load() and check() context is NULL. */
typedef struct sluice_host {
    uint32_t size;
    uint16_t abi_major;
    uint16_t abi_minor;

    /* [any] */
    void (*log)(const sluice_context *, sluice_level, const char *fmt, ...) SLUICE_PRINTF(3, 4);
    void (*metric_add)(const sluice_context *, size_t metric, double delta);     /* counter, gauge */
    void (*metric_set)(const sluice_context *, size_t metric, double value);     /* gauge */
    void (*metric_observe)(const sluice_context *, size_t metric, double value); /* histogram */
    const char *(*context_pipeline)(const sluice_context *); /* names, for the life of the instance */
    const char *(*context_instance)(const sluice_context *);
    int32_t (*context_task)(const sluice_context *); /* -1: no task (lookup, validate) */
    bool (*stopping)(const sluice_context *);        /* true: give way, RETRY what is not done */
    int64_t (*time_left_ms)(
        const sluice_context *); /* of this call, from 0 to INT64_MAX (no limit): bound every wait by it */

    /* The rest: [task], during the call that passed the object.  Pointers got from a record live
     * as long as the call. */
    size_t (*batch_count)(const sluice_batch *);
    const sluice_record *(*batch_record)(const sluice_batch *, size_t index);
    void (*record_view)(const sluice_record *, sluice_record_view *);
    bool (*record_header)(const sluice_record *, const char *name, sluice_bytes *); /* the last of that name */
    bool (*record_header_at)(const sluice_record *, size_t index, const char **name, sluice_bytes *);

    /* code: a stable slug, "mongodb.document-too-large".  A record without a report takes the
     * call's code and message.  In apply() the record has index 0. */
    void (*report_record)(sluice_report *, size_t index, sluice_verdict, const char *code, const char *fmt, ...)
        SLUICE_PRINTF(5, 6);
    void (*report_call)(sluice_report *, const char *code, const char *fmt, ...) SLUICE_PRINTF(3, 4);
    /* In check(); option: a name as in the file, "convert.data" for one entry of a map. */
    void (*report_option)(sluice_report *, const char *option, const char *code, const char *fmt, ...)
        SLUICE_PRINTF(4, 5);

    /* Edits show from the next stage on.  All are copied but the value. */
    void *(*edit_alloc)(sluice_edit *, size_t size); /* lives as long as the batch; NULL: return RETRY */
    void (*edit_value)(sluice_edit *, sluice_bytes); /* from edit_alloc(), static, or part of the record */
    void (*edit_key)(sluice_edit *, sluice_bytes);   /* the ordering unit stays that of the old key */
    void (*edit_topic)(sluice_edit *, const char *topic);
    void (*edit_header_set)(sluice_edit *, const char *name, sluice_bytes); /* one in place of all of that name */
    void (*edit_header_remove)(sluice_edit *, const char *name);            /* all of that name */

    void (*reply_append)(sluice_reply *, sluice_bytes); /* copied */

    /* The same without varargs, for other languages. */
    void (*log_text)(const sluice_context *, sluice_level, const char *text);
    void (*report_record_text)(sluice_report *, size_t index, sluice_verdict, const char *code, const char *text);
    void (*report_call_text)(sluice_report *, const char *code, const char *text);
    void (*report_option_text)(sluice_report *, const char *option, const char *code, const char *text);
} sluice_host;

/* ---- Options and metrics --------------------------------------------------------------------- */

typedef struct sluice_pair {
    const char *name, *value;
} sluice_pair;

typedef struct sluice_map {
    const sluice_pair *items; /* in the order of the file */
    size_t count;
} sluice_map;

typedef int32_t sluice_type;
enum {                          /* the member's C type; how it is written */
       SLUICE_TYPE_STRING = 1,  /* const char * */
       SLUICE_TYPE_INT,         /* int64_t */
       SLUICE_TYPE_DOUBLE,      /* double */
       SLUICE_TYPE_BOOL,        /* bool: true, false */
       SLUICE_TYPE_ENUM,        /* int: the position in choices, from 0 */
       SLUICE_TYPE_SIZE,        /* uint64_t bytes: 4096, 64 KiB, 4 MiB, 1 GiB */
       SLUICE_TYPE_DURATION_MS, /* int64_t: 250, 250 ms, 10 s, 5 min, 1 h */
       SLUICE_TYPE_LIST,        /* sluice_list: a, b, c */
       SLUICE_TYPE_REGEX,       /* const char *: POSIX extended, checked to compile */
       SLUICE_TYPE_MAP          /* sluice_map: option "convert" takes convert.data = hex as {data, hex} */
};
enum { SLUICE_REQUIRED = 1 << 0, SLUICE_SECRET = 1 << 1, SLUICE_HAS_MIN = 1 << 2, SLUICE_HAS_MAX = 1 << 3 };

/* A key of the plugin's INI section; the host parses, checks and stores it. */
typedef struct sluice_option {
    const char *name;
    sluice_type type;
    uint32_t offset;           /* of the member in the plugin's config struct */
    const char *choices;       /* "insert|upsert": what an enum, string, list or map value may be; or NULL */
    const char *default_value; /* as it would be written; NULL: the member stays 0, NULL or empty */
    const char *doc;
    uint32_t flags;
    double min, max; /* inclusive, where flags say so; exact below 2^53 */
} sluice_option;

typedef int32_t sluice_metric_kind;
enum { SLUICE_COUNTER = 1, SLUICE_GAUGE, SLUICE_HISTOGRAM };

/* Shown as sluice_<plugin>_<name>_<unit>, with _ for -, a counter with _total.  The host adds the
 * labels and picks a histogram's buckets by its unit. */
typedef struct sluice_metric {
    const char *name;
    sluice_metric_kind kind;
    const char *unit; /* "records", "bytes", "seconds" */
    const char *help;
} sluice_metric;

/* ---- Descriptor ------------------------------------------------------------------------------ */

typedef struct sluice_plugin {
    /* These four never move, in any major, so that any host can explain any refusal. */
    uint32_t magic;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t size;

    uint32_t option_size; /* strides as compiled */
    uint32_t metric_size;
    uint32_t config_size;
    sluice_format accepts;  /* or-ed */
    sluice_format produces; /* transforms only: one */
    const char *name;       /* "mongodb-image" */
    const char *version;
    const char *summary;
    const sluice_option *options;
    size_t option_count;
    const sluice_metric *metrics;
    size_t metric_count;
    const sluice_sink_ops *sink; /* exactly one of the two is set */
    const sluice_transform_ops *transform;

    void (*bind)(const sluice_host *); /* [main] before any other; set by SLUICE_PLUGIN */
    /* [main] optional, pure: names options that are wrong together with report_option(); opens
     * nothing, and may run without load(). */
    void (*check)(const void *config, sluice_report *);
    sluice_verdict (*load)(sluice_report *); /* [main] optional: once per process, say mongoc_init() */
    void (*unload)(void);                    /* [main] optional: once, after the last close() */
} sluice_plugin;

/* The one exported symbol: pure; the descriptor is constant and there for the life of the process. */
typedef const sluice_plugin *(*sluice_query_fn)(void);
#define SLUICE_QUERY_SYMBOL "sluice_plugin_query"

static_assert(offsetof(sluice_plugin, magic) == 0 && offsetof(sluice_plugin, abi_major) == 4 &&
                  offsetof(sluice_plugin, abi_minor) == 6 && offsetof(sluice_plugin, size) == 8,
              "the handshake prefix is frozen");

/* Padding at the end would count as an appended member that the other side never set. */
#define SLUICE_ENDS_WITH_(type, last) \
    static_assert(sizeof(type) == offsetof(type, last) + sizeof(((type *)0)->last), #type " ends in padding")
SLUICE_ENDS_WITH_(sluice_record_view, value);
SLUICE_ENDS_WITH_(sluice_sink_ops, examine);
SLUICE_ENDS_WITH_(sluice_transform_ops, close);
SLUICE_ENDS_WITH_(sluice_host, report_option_text);
SLUICE_ENDS_WITH_(sluice_option, max);
SLUICE_ENDS_WITH_(sluice_metric, help);
SLUICE_ENDS_WITH_(sluice_plugin, unload);

#ifdef __cplusplus
}
#endif
#endif
