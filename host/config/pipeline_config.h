/* config/pipeline_config.h - the host's own sections as typed values: [pipeline], [http], [metrics], [log].  Their
 * option tables stand in pipeline_config.c, the reference in host/README.md is generated from them. Neighbours:
 * options.h binds them; [kafka*] sections are pipeline/clients.h's. */
#ifndef SLUICE_CONFIG_PIPELINE_CONFIG_H
#define SLUICE_CONFIG_PIPELINE_CONFIG_H

#include "config/options.h"

enum error_tolerance { TOLERANCE_NONE, TOLERANCE_ALL };
enum ordering { ORDERING_PARTITION, ORDERING_KEY };
enum on_failure { ON_FAILURE_RETRY, ON_FAILURE_EXIT };
enum null_values { NULL_VALUES_REJECT, NULL_VALUES_DROP, NULL_VALUES_DELETE };
enum offset_reset { OFFSET_RESET_EARLIEST, OFFSET_RESET_LATEST, OFFSET_RESET_NONE };
enum out_of_range { OUT_OF_RANGE_FAIL, OUT_OF_RANGE_RESET };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct pipeline_options { /* [pipeline] */
    const char *name;
    sluice_list topics;       /* empty: topics_regex says which */
    const char *topics_regex; /* NULL: topics says which */
    int64_t tasks_max;
    int ordering;
    int64_t max_unfinished_span;
    sluice_list transforms; /* names of [transform.NAME] sections, in order */
    const char *sink;       /* name of the [sink.NAME] section */
    sluice_list plugin_path;
    int auto_offset_reset;
    int offsets_out_of_range;
    int64_t batch_max_records;
    uint64_t batch_max_bytes; /* 0: from the budget */
    int64_t linger_ms;
    uint64_t buffer_max_bytes;
    int64_t offset_flush_interval_ms;
    int64_t rebalance_drain_timeout_ms; /* 0: from max.poll.interval.ms */
    int64_t graceful_timeout_ms;        /* task.shutdown.graceful.timeout.ms */
    int null_values;
    int errors_tolerance;
    int on_failure;
    int64_t errors_retry_timeout_ms;   /* below 0: for ever */
    int64_t errors_retry_delay_min_ms; /* errors.retry.delay.initial.ms */
    int64_t errors_retry_delay_max_ms;
    const char *dead_letter_topic;   /* NULL: none */
    int64_t letters_max_consecutive; /* errors.deadletterqueue.max.consecutive; 0: no limit */
    double letters_max_ratio;        /* 0: no limit */
    int64_t letters_max_ratio_window;
    int64_t letters_pause_ms;
    bool errors_log_enable;
    bool errors_log_include_messages; /* errors.log.include.messages */
};

struct http_options {           /* [http] */
    const char *metrics_listen; /* host:port, NULL: no listener */
    const char *admin_listen;   /* likewise */
    const char *admin_token;    /* NULL: none; then admin_listen is loopback */
    sluice_list admin_hosts;
    const char *read_listen; /* host:port, NULL: no listener */
    const char *read_path, *read_total;
    int64_t read_request_percentage, read_shutdown_delay_ms;
};

struct metrics_options { /* [metrics] */
    sluice_map aliases;  /* second name -> metric; pipeline/aliases.h */
};

struct log_options { /* [log] */
    int format;
    int level;         /* index into error|warn|info|debug */
    sluice_map levels; /* of areas */
};

struct pipeline_config {
    struct pipeline_options pipeline;
    struct http_options http;
    struct metrics_options metrics;
    struct log_options log;
    struct arena arena; /* what the options point to beyond the settings' own texts */
};

/* The host's sections and their tables, for `describe` and the generated reference; NULL name ends it. */
struct host_section {
    const char *name;
    const char *summary;
    struct option_table table;
};
extern const struct host_section host_sections[];

/* [main] Types, ranges, and what is wrong together: tolerance `all` without a dead letter topic or error log, a
 * dead letter topic among the topics (naming both places), unknown sections, transforms or sinks without their
 * section, bad host:port.  What a section's plugin knows is plugin/chain.h's. */
void pipeline_config_bind(struct pipeline_config *config, const struct settings *settings, struct problems *problems);

/* Does topics.regex match this name as a whole? */
bool topics_regex_matches(const char *regex, const char *topic);
/* The option by which the pipeline consumes the topic, "topics" or "topics.regex"; NULL: it does not. */
const char *topics_option_with(const struct pipeline_options *options, const char *topic);
/* ^(regex)$; the caller frees it. */
char *topics_regex_anchored(const char *regex);
void pipeline_config_free(struct pipeline_config *config);

#endif
