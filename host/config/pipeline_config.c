#include "config/pipeline_config.h"

#include "base/alloc.h"
#include "config/nearest.h"
#include "ops/http.h"
#include "ops/log.h"
#include "sluice/sluice.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_TOPIC = 249, MOST_TASKS = 64, LEAST_BUFFER_BYTES = 8 << 20 };

#define ROW_RANGE(least, most) .flags = SLUICE_HAS_MIN | SLUICE_HAS_MAX, .min = (least), .max = (most)
#define ROW_MIN(least) .flags = SLUICE_HAS_MIN, .min = (least)

/* ---- The tables: one row an option, the reference's text with it --------------------------------- */

#define T struct pipeline_options
static const sluice_option pipeline_rows[] = {
    SLUICE_STRING_OPTION(T, name, "name", NULL,
                         "The pipeline's name: in logs, metrics and dead letters; the consumer group is "
                         "`connect-<name>` unless `[kafka.consumer] group.id` says otherwise.",
                         .flags = SLUICE_REQUIRED),
    SLUICE_LIST_OPTION(
        T, topics, "topics", NULL,
        "The topics to consume; this or topics.regex is required. One that does not exist yet is waited for."),
    SLUICE_REGEX_OPTION(T, topics_regex, "topics.regex", NULL,
                        "Consume every topic whose whole name matches, those that come later too."),
    SLUICE_STRING_OPTION(T, sink, "sink", NULL, "The name of the `[sink.<name>]` section.", .flags = SLUICE_REQUIRED),
    SLUICE_LIST_OPTION(T, transforms, "transforms", NULL,
                       "The names of `[transform.<name>]` sections, in the order they are applied."),
    SLUICE_LIST_OPTION(T, plugin_path, "plugin.path", NULL,
                       "Folders searched for plugins named without a path, before those of the environment's "
                       "`SLUICE_PLUGIN_PATH` (separated by colons) and the one Sluice was built with."),
    SLUICE_INT_OPTION(T, tasks_max, "tasks.max", "1",
                      "Tasks (threads), each with its own instance of every plugin. With `ordering = partition` a "
                      "partition is bound to one.",
                      ROW_RANGE(1, MOST_TASKS)),
    SLUICE_ENUM_OPTION(
        T, ordering, "ordering", "partition|key", "partition",
        "Within what records reach the sink in order. key: records of one Kafka key, so that several tasks "
        "share a partition; those without a key are in order among themselves."),
    SLUICE_INT_OPTION(T, max_unfinished_span, "max.unfinished.span", "10000",
                      "With `ordering = key`: most records of a partition between the first unfinished one and the "
                      "newest taken in.",
                      ROW_RANGE(1, 10000000)),
    SLUICE_ENUM_OPTION(T, auto_offset_reset, "auto.offset.reset", "earliest|latest|none", "earliest",
                       "Where a partition begins for which the group has no committed offset."),
    SLUICE_ENUM_OPTION(
        T, offsets_out_of_range, "offsets.out.of.range", "fail|reset", "fail",
        "What happens when the broker no longer has the offset to go on from: the partition is FAILED in "
        "words, or goes on where auto.offset.reset says, and in a log that was cut where it was cut; what lies "
        "between is lost."),
    SLUICE_INT_OPTION(T, batch_max_records, "batch.max.records", "2000", "Most records in one put.",
                      ROW_RANGE(1, 100000)),
    SLUICE_SIZE_OPTION(T, batch_max_bytes, "batch.max.bytes", NULL,
                       "Most bytes of records in one put; unset: the smaller of 4 MiB and the budget's share. A record "
                       "larger than that travels alone.",
                       ROW_MIN(1)),
    SLUICE_DURATION_OPTION(T, linger_ms, "linger.ms", "0",
                           "How long a free task waits for more records. 0: it takes what is there at once.",
                           ROW_RANGE(0, 60000)),
    SLUICE_SIZE_OPTION(
        T, buffer_max_bytes, "buffer.max.bytes", "32 MiB",
        "All memory that grows with the load. Peak memory stays below idle memory + 1.5 times this + the "
        "largest record.",
        ROW_MIN(LEAST_BUFFER_BYTES)),
    SLUICE_ENUM_OPTION(T, null_values, "null.values", "reject|drop|delete", "reject",
                       "What happens to records without a value (tombstones): a dead letter or dropped, before the "
                       "transforms, or passed on to the sink, which deletes what the key names."),
    SLUICE_ENUM_OPTION(T, errors_tolerance, "errors.tolerance", "none|all", "none",
                       "all: a record that can never be stored becomes a dead letter. none: it fails its task, which "
                       "is tried again until the record can be stored or is gone."),
    SLUICE_STRING_OPTION(T, dead_letter_topic, "errors.deadletterqueue.topic.name", NULL,
                         "The dead letter topic. It must exist: Sluice never creates it."),
    SLUICE_BOOL_OPTION(T, errors_log_enable, "errors.log.enable", "false",
                       "Log each record that can never be stored, by code and coordinates."),
    SLUICE_BOOL_OPTION(T, errors_log_include_messages, "errors.log.include.messages", "false",
                       "With the message too, which may quote the record."),
    SLUICE_INT_OPTION(
        T, letters_max_consecutive, "errors.deadletterqueue.max.consecutive", "1000",
        "Most records of a task in a row that become dead letters. One more fails the task: it is not the "
        "records that are wrong. It tries one batch after errors.deadletterqueue.pause.ms, and goes on when "
        "that stores something. 0: no limit.",
        ROW_MIN(0)),
    SLUICE_DOUBLE_OPTION(T, letters_max_ratio, "errors.deadletterqueue.max.ratio", "0",
                         "The same for this share of the last errors.deadletterqueue.max.ratio.window records. 0: no "
                         "limit.",
                         ROW_RANGE(0, 1)),
    SLUICE_INT_OPTION(T, letters_max_ratio_window, "errors.deadletterqueue.max.ratio.window", "1000",
                      "Records that errors.deadletterqueue.max.ratio is a share of.", ROW_RANGE(1, 1000000)),
    SLUICE_DURATION_OPTION(T, letters_pause_ms, "errors.deadletterqueue.pause.ms", "60 s",
                           "How long a task pauses when one of these is reached.", ROW_RANGE(1, 86400000)),
    SLUICE_ENUM_OPTION(
        T, on_failure, "on.failure", "retry|exit", "retry",
        "What follows when a task has FAILED: its plugins are opened again, after a backoff and for ever, "
        "or the process ends with 1."),
    SLUICE_DURATION_OPTION(T, errors_retry_timeout_ms, "errors.retry.timeout", "-1",
                           "How long a record that a plugin wants again is put again before its task is FAILED. It is "
                           "never dead-lettered for that. -1: for ever.",
                           ROW_RANGE(-1, 31536000000.0)),
    SLUICE_DURATION_OPTION(T, errors_retry_delay_min_ms, "errors.retry.delay.initial.ms", "300",
                           "The ceiling of the first delay before a retry; it doubles with each one, and the delay is "
                           "drawn below it at random.",
                           ROW_RANGE(1, 3600000)),
    SLUICE_DURATION_OPTION(T, errors_retry_delay_max_ms, "errors.retry.delay.max.ms", "10 s", "The highest ceiling.",
                           ROW_RANGE(1, 3600000)),
    SLUICE_DURATION_OPTION(T, offset_flush_interval_ms, "offset.flush.interval.ms", "1 s",
                           "How often finished offsets are committed.", ROW_RANGE(10, 3600000)),
    SLUICE_DURATION_OPTION(T, rebalance_drain_timeout_ms, "rebalance.drain.timeout.ms", NULL,
                           "How long a revoked partition waits for its batch inside a plugin; unset: the smaller of "
                           "10 s and 2/5 of max.poll.interval.ms.",
                           ROW_RANGE(1, 3600000)),
    SLUICE_DURATION_OPTION(T, graceful_timeout_ms, "task.shutdown.graceful.timeout.ms", "15 s",
                           "How long the end waits for batches inside plugins and letters in flight.",
                           ROW_RANGE(0, 3600000)),
};
#undef T

#define T struct http_options
static const sluice_option http_rows[] = {
    SLUICE_STRING_OPTION(T, metrics_listen, "metrics.listen", NULL,
                         "`host:port` of the read-only listener: `/metrics`, `/live`, `/ready`. Unset: none."),
    SLUICE_STRING_OPTION(
        T, admin_listen, "admin.listen", NULL,
        "`host:port` of the admin listener: Kafka Connect's REST API, the dead letter page at `/dlq/`, what the sink "
        "holds. Elsewhere than on loopback it wants admin.token. Unset: none."),
    SLUICE_STRING_OPTION(T, admin_token, "admin.token", NULL,
                         "What a request to the admin listener must bring as `Authorization: Bearer` or as a "
                         "password (Basic), such as `${file:/run/secrets/admin-token}`.",
                         .flags = SLUICE_SECRET),
    SLUICE_LIST_OPTION(
        T, admin_hosts, "admin.hosts", NULL,
        "Names the admin listener is called by, beside localhost and its own address; requests for other "
        "hosts are refused."),
    SLUICE_STRING_OPTION(
        T, read_listen, "read.listen", NULL,
        "`host:port` of the read side, open to everybody: what the sink holds of the pipeline's topics, at "
        "`/ping`, `PATH/TOPIC/KEY` and `PATH/TOPIC/total/`. Unset: none."),
    SLUICE_STRING_OPTION(T, read_path, "read.path", "/topics", "PATH of it, such as `/image-plant`."),
    SLUICE_STRING_OPTION(T, read_total, "read.total", "total", "The name of the number in its answer to `total/`."),
    SLUICE_INT_OPTION(
        T, read_request_percentage, "read.request.percentage", "25",
        "How much of a process's time the sink is asked by readers, at most, whatever they ask: who would "
        "take more waits, as under Kafka's request quotas.",
        ROW_RANGE(1, 100)),
    SLUICE_DURATION_OPTION(
        T, read_shutdown_delay_ms, "read.shutdown.delay.ms", "0",
        "How long the read side goes on answering from SIGTERM on, while its `/ping` is 503: a load balancer that asks "
        "for that sends nobody any more when it closes. The pipeline does not wait for it.",
        ROW_RANGE(0, 3600000)),
};
#undef T

#define T struct metrics_options
static const sluice_option metrics_rows[] = {
    SLUICE_MAP_OPTION(T, aliases, "alias", NULL,
                      "Shows a metric under this name too, as a gauge with the same labels: "
                      "`alias.consumer_image = sluice_records_stored_total`."),
};
#undef T

#define T struct log_options
static const sluice_option log_rows[] = {
    SLUICE_ENUM_OPTION(T, format, "format", "text|json", "text", "Lines for people, or one JSON object a line."),
    SLUICE_ENUM_OPTION(T, level, "level", "error|warn|info|debug", "info", "The least important level written."),
    SLUICE_MAP_OPTION(T, levels, "level", "error|warn|info|debug",
                      "The same for one area: pipeline, config, consumer, task, dead-letter, http, plugin, librdkafka "
                      "or libmongoc."),
};
#undef T

#define TABLE(rows)                                        \
    {                                                      \
        (rows), SLUICE_LENGTH(rows), sizeof(sluice_option) \
    }
const struct host_section host_sections[] = {
    {"pipeline", "What is consumed, where it goes, and what happens on the way.", TABLE(pipeline_rows)},
    {"http", "The HTTP listeners.", TABLE(http_rows)},
    {"metrics", "The metrics.", TABLE(metrics_rows)},
    {"log", "Logs on standard error.", TABLE(log_rows)},
    {.name = NULL},
};

/* ---- What is wrong together ---------------------------------------------------------------------- */

static const struct setting *setting_of(const struct settings *settings, const char *section_name, const char *name)
{
    const struct section *section = settings_section(settings, section_name);
    return section != NULL ? section_setting(section, name) : NULL;
}

static const struct place *place_of(const struct settings *settings, const char *section_name, const char *name)
{
    const struct section *section = settings_section(settings, section_name);
    const struct setting *setting = setting_of(settings, section_name, name);
    return setting != NULL ? &setting->place : section != NULL ? &section->place : NULL;
}

static bool is_name(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

/* Kafka's own rule: org.apache.kafka.common.internals.Topic. */
static bool is_topic(const char *text)
{
    return text[0] != '\0' && strlen(text) <= LONGEST_TOPIC && is_name(text) && strcmp(text, ".") != 0 &&
           strcmp(text, "..") != 0;
}

char *topics_regex_anchored(const char *regex)
{
    return alloc_printf("^(%s)$", regex);
}

bool topics_regex_matches(const char *regex, const char *topic)
{
    regex_t compiled;
    char *anchored = topics_regex_anchored(regex);
    bool matches = regcomp(&compiled, anchored, REG_EXTENDED | REG_NOSUB) == 0;
    free(anchored);
    if (!matches)
        return false;
    matches = regexec(&compiled, topic, 0, NULL, 0) == 0;
    regfree(&compiled);
    return matches;
}

const char *topics_option_with(const struct pipeline_options *options, const char *topic)
{
    for (size_t i = 0; i < options->topics.count; i++)
        if (strcmp(options->topics.items[i], topic) == 0)
            return "topics";
    return options->topics_regex != NULL && topics_regex_matches(options->topics_regex, topic) ? "topics.regex" : NULL;
}

static void check_topics(const struct pipeline_options *options, const struct settings *settings,
                         struct problems *problems)
{
    const struct setting *topics = setting_of(settings, "pipeline", "topics");
    const struct setting *regex = setting_of(settings, "pipeline", "topics.regex");
    if ((topics == NULL) == (regex == NULL))
        problems_error(problems, place_of(settings, "pipeline", "topics"), "[pipeline] %s",
                       topics == NULL ? "topics or topics.regex is missing"
                                      : "topics and topics.regex: wanted one of them");
    else if (topics != NULL && options->topics.count == 0 && !topics->unresolved)
        problems_error(problems, &topics->place, "[pipeline] topics is empty");
    else if (regex != NULL && options->topics_regex != NULL && options->topics_regex[0] == '\0' && !regex->unresolved)
        problems_error(problems, &regex->place, "[pipeline] topics.regex is empty");
    for (size_t i = 0; i < options->topics.count; i++) {
        const char *topic = options->topics.items[i];
        if (!is_topic(topic))
            problems_error(problems, &topics->place,
                           "[pipeline] topics: got '%s', wanted names of up to %d letters, digits and "
                           ". _ -",
                           setting_shown(topics, topic), LONGEST_TOPIC);
        for (size_t j = 0; j < i; j++)
            if (strcmp(topic, options->topics.items[j]) == 0)
                problems_error(problems, &topics->place, "[pipeline] topics: '%s' twice", setting_shown(topics, topic));
    }
}

/* topic, which is where letters or decisions about them go, must be none of the sources. */
static void check_no_source(const struct pipeline_options *options, const struct settings *settings, const char *topic,
                            const char *breeds, struct problems *problems)
{
    const struct setting *setting = setting_of(settings, "pipeline", "errors.deadletterqueue.topic.name");
    const char *source = topics_option_with(options, topic);
    if (source == NULL)
        return;
    const struct setting *sources = setting_of(settings, "pipeline", source);
    problems_error(problems, &setting->place,
                   "[pipeline] errors.deadletterqueue.topic.name: '%s' is also one of the %s (%s:%d): %s",
                   setting_shown(setting, topic), source, sources->place.file, sources->place.line, breeds);
}

static void check_dead_letter_topic(const struct pipeline_options *options, const struct settings *settings,
                                    struct problems *problems)
{
    const struct setting *setting = setting_of(settings, "pipeline", "errors.deadletterqueue.topic.name");
    const char *letters = options->dead_letter_topic;
    if (letters == NULL)
        return;
    if (!is_topic(letters))
        problems_error(problems, &setting->place, "[pipeline] errors.deadletterqueue.topic.name: '%s' is no topic name",
                       setting_shown(setting, letters));
    check_no_source(options, settings, letters, "each letter would breed the next", problems);
    char *state = alloc_printf("%s.state", letters);
    check_no_source(options, settings, state, "it is where decisions about letters are kept", problems);
    free(state);
}

static void check_errors(const struct pipeline_options *options, const struct settings *settings,
                         struct problems *problems)
{
    if (options->errors_tolerance == TOLERANCE_ALL && options->dead_letter_topic == NULL && !options->errors_log_enable)
        problems_error(problems, place_of(settings, "pipeline", "errors.tolerance"),
                       "[pipeline] errors.tolerance = all needs errors.deadletterqueue.topic.name or "
                       "errors.log.enable = true: records would vanish without a trace");
    if (options->errors_retry_delay_min_ms > options->errors_retry_delay_max_ms)
        problems_error(problems, place_of(settings, "pipeline", "errors.retry.delay.max.ms"),
                       "[pipeline] errors.retry.delay.max.ms is below errors.retry.delay.initial.ms");
}

static void check_ordering(const struct pipeline_options *options, const struct settings *settings,
                           struct problems *problems)
{
    if (options->ordering == ORDERING_KEY)
        problems_warning(problems, place_of(settings, "pipeline", "ordering"),
                         "[pipeline] ordering = key: what a sink sees as one thing stays in order only if its business "
                         "key is the Kafka key");
}

static void need_section(const struct settings *settings, const char *kind, const char *name, const char *option,
                         struct problems *problems)
{
    const struct setting *setting = setting_of(settings, "pipeline", option);
    char *section = alloc_printf("%s.%s", kind, name);
    if (settings_section(settings, section) == NULL)
        problems_error(problems, &setting->place, "[pipeline] %s: there is no section [%s.%s]", option, kind,
                       setting_shown(setting, name));
    free(section);
}

static void check_stages(const struct pipeline_options *options, const struct settings *settings,
                         struct problems *problems)
{
    for (size_t i = 0; i < options->transforms.count; i++)
        need_section(settings, "transform", options->transforms.items[i], "transforms", problems);
    if (options->sink != NULL && options->sink[0] != '\0')
        need_section(settings, "sink", options->sink, "sink", problems);
}

/* The names that sections may have, NULL-terminated and the caller's to free; the texts are in the arena. */
static const char **section_names(const struct pipeline_options *options, struct arena *arena)
{
    static const char *const fixed[] = {"pipeline", "http",           "metrics",       "log",
                                        "kafka",    "kafka.consumer", "kafka.producer"};
    size_t count = SLUICE_LENGTH(fixed);
    const char **names = alloc_zeroed(count + options->transforms.count + 2, sizeof *names);
    memcpy(names, fixed, sizeof fixed);
    for (size_t i = 0; i < options->transforms.count; i++)
        names[count++] = arena_printf(arena, "transform.%s", options->transforms.items[i]);
    if (options->sink != NULL)
        names[count] = arena_printf(arena, "sink.%s", options->sink);
    return names;
}

static bool is_stage_section(const char *name)
{
    return strncmp(name, "sink.", strlen("sink.")) == 0 || strncmp(name, "transform.", strlen("transform.")) == 0;
}

static bool is_one_of(const char *const *names, const char *name)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static void check_section(const struct section *section, const char *const *names, struct problems *problems)
{
    if (is_one_of(names, section->name))
        return;
    const char *nearest = nearest_name(names, section->name);
    if (is_stage_section(section->name))
        problems_warning(problems, &section->place, "[%s] is not used by the pipeline", section->name);
    else if (strcmp(section->name, "sink") == 0 || strcmp(section->name, "transform") == 0)
        problems_error(problems, &section->place, "[%s]: no such section, wanted [%s.NAME]", section->name,
                       section->name);
    else
        problems_error(problems, &section->place, "[%s]: no such section%s%s%s", section->name,
                       nearest != NULL ? ", did you mean [" : "", nearest != NULL ? nearest : "",
                       nearest != NULL ? "]?" : "");
}

static void check_sections(struct pipeline_config *config, const struct settings *settings, struct problems *problems)
{
    const char **names = section_names(&config->pipeline, &config->arena);
    for (size_t i = 0; i < settings->count; i++)
        if (settings->sections[i].name[0] != '\0') /* told by the reader */
            check_section(&settings->sections[i], names, problems);
    free(names);
}

static bool is_host_and_port(const char *listen)
{
    const char *colon = strrchr(listen, ':'), *port = colon != NULL ? colon + 1 : "";
    size_t digits = strspn(port, "0123456789");
    return colon != NULL && colon > listen && digits >= 1 && digits <= 5 && port[digits] == '\0' &&
           strtol(port, NULL, 10) <= 65535;
}

static void check_listen(const char *option, const char *listen, const struct settings *settings,
                         struct problems *problems)
{
    const struct setting *setting = setting_of(settings, "http", option);
    if (listen != NULL && !is_host_and_port(listen))
        problems_error(problems, &setting->place, "[http] %s: got '%s', wanted host:port, such as 127.0.0.1:8050",
                       option, setting_shown(setting, listen));
}

/* They become part of a route, and of a JSON text. */
static void check_read(const struct http_options *http, const struct settings *settings, struct problems *problems)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-";
    const char *path = http->read_path, *name = http->read_total;
    size_t size = strlen(path);
    check_listen("read.listen", http->read_listen, settings, problems);
    bool segments = size > 1 && path[0] == '/' && path[size - 1] != '/' && strstr(path, "//") == NULL;
    for (const char *at = path; *at != '\0'; at++)
        segments = segments && (*at == '/' || strchr(plain, *at) != NULL);
    if (!segments)
        problems_error(problems, place_of(settings, "http", "read.path"),
                       "[http] read.path: got '%s', wanted a path of letters, digits and ._~- such as /image-plant",
                       setting_shown(setting_of(settings, "http", "read.path"), path));
    if (name[0] == '\0' || name[strspn(name, plain)] != '\0')
        problems_error(problems, place_of(settings, "http", "read.total"),
                       "[http] read.total: got '%s', wanted a name of letters, digits and ._~- such as total_images",
                       setting_shown(setting_of(settings, "http", "read.total"), name));
}

static void check_http(const struct http_options *http, const struct settings *settings, struct problems *problems)
{
    const struct setting *token = setting_of(settings, "http", "admin.token");
    check_listen("metrics.listen", http->metrics_listen, settings, problems);
    check_listen("admin.listen", http->admin_listen, settings, problems);
    check_read(http, settings, problems);
    if (http->admin_listen != NULL && token == NULL && !http_is_loopback(http->admin_listen))
        problems_error(
            problems, place_of(settings, "http", "admin.listen"),
            "[http] admin.listen: '%s' is reached from other machines: wanted a loopback address, or admin.token",
            setting_shown(setting_of(settings, "http", "admin.listen"), http->admin_listen));
    if (token != NULL && !token->unresolved && (http->admin_token == NULL || http->admin_token[0] == '\0'))
        problems_error(problems, &token->place, "[http] admin.token is empty: anybody could guess it");
}

static void check_areas(const struct log_options *log, const struct settings *settings, struct problems *problems)
{
    const char **names = alloc_zeroed(log_area_count() + 1, sizeof *names);
    for (size_t i = 0; i < log_area_count(); i++)
        names[i] = log_area_name(i);
    for (size_t i = 0; i < log->levels.count; i++) {
        const char *area = log->levels.items[i].name;
        char *option = alloc_printf("level.%s", area);
        const char *nearest = nearest_name(names, area);
        if (!is_one_of(names, area))
            problems_error(problems, place_of(settings, "log", option), "[log] %s: no such area%s%s%s", option,
                           nearest != NULL ? ", did you mean level." : "", nearest != NULL ? nearest : "",
                           nearest != NULL ? "?" : "");
        free(option);
    }
    free(names);
}

void pipeline_config_bind(struct pipeline_config *config, const struct settings *settings, struct problems *problems)
{
    *config = (struct pipeline_config){.pipeline = {.name = NULL}};
    void *const structs[] = {&config->pipeline, &config->http, &config->metrics, &config->log};
    for (size_t i = 0; host_sections[i].name != NULL; i++)
        options_bind(&host_sections[i].table, settings_section(settings, host_sections[i].name), host_sections[i].name,
                     NULL, &config->arena, structs[i], problems);
    const struct pipeline_options *options = &config->pipeline;
    const struct setting *name = setting_of(settings, "pipeline", "name");
    if (options->name != NULL && !is_name(options->name))
        problems_error(problems, &name->place, "[pipeline] name: got '%s', wanted letters, digits and . _ -",
                       setting_shown(name, options->name));
    check_topics(options, settings, problems);
    check_dead_letter_topic(options, settings, problems);
    check_errors(options, settings, problems);
    check_ordering(options, settings, problems);
    check_stages(options, settings, problems);
    check_sections(config, settings, problems);
    check_http(&config->http, settings, problems);
    check_areas(&config->log, settings, problems);
}

void pipeline_config_free(struct pipeline_config *config)
{
    arena_free(&config->arena);
}
