#include "harness.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "ops/log.h"
#include "testing.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000 };

/* What a pipeline is made of, kept until the flow ends. */
struct flow_run {
    struct flow_run *next;
    struct settings settings;
    struct pipeline_config config;
    struct chain chain;
    struct control *control;
    char *file;
};

static char *path_in(const struct flow *flow, const char *name)
{
    return alloc_printf("%s/%s", flow->folder, name);
}

static void write_file(const char *path, const char *content)
{
    char *fresh = alloc_printf("%s.new", path);
    FILE *file = fopen(fresh, "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
    assert_int_equal(rename(fresh, path), 0); /* a put under way reads the old one or the new one */
    free(fresh);
}

void flow_sleep(int ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

/* ---- The cluster ---------------------------------------------------------------------------------- */

struct flow *flow_new(int partitions)
{
    char why[256], broker_count[] = "1";
    struct flow *flow = alloc_zeroed(1, sizeof *flow);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "test.mock.num.brokers", broker_count, why, sizeof why);
    rd_kafka_conf_set(conf, "log_level", "0", why, sizeof why);
    flow->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    assert_non_null(flow->producer);
    flow->cluster = rd_kafka_handle_mock_cluster(flow->producer);
    flow->bootstrap = alloc_text(rd_kafka_mock_cluster_bootstraps(flow->cluster));
    flow->partitions = partitions;
    flow->strategy = "cooperative-sticky";
    flow->tolerance = "all";
    flow->consumer = "";
    rd_kafka_mock_group_initial_rebalance_delay_ms(flow->cluster, 0);
    assert_int_equal(rd_kafka_mock_topic_create(flow->cluster, "t", partitions, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_mock_topic_create(flow->cluster, "dlq", 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    strcpy(flow->folder, "/tmp/sluice-flow-XXXXXX");
    assert_non_null(mkdtemp(flow->folder));
    flow_script(flow, "ok\n");
    log_setup(LOG_STYLE_TEXT, getenv("SLUICE_FLOW_LOG") != NULL ? SLUICE_LOG_DEBUG : SLUICE_LOG_ERROR, "flow");
    return flow;
}

void flow_free(struct flow *flow)
{
    for (struct flow_run *run = flow->runs, *next; run != NULL; run = next) {
        next = run->next;
        chain_free(&run->chain);
        control_free(run->control);
        pipeline_config_free(&run->config);
        settings_free(&run->settings);
        unlink(run->file);
        free(run->file);
        free(run);
    }
    static const char *const files[] = {"script", "log"};
    for (size_t i = 0; i < 2; i++) {
        char *path = path_in(flow, files[i]);
        unlink(path);
        free(path);
    }
    rmdir(flow->folder);
    rd_kafka_destroy(flow->producer);
    free(flow->bootstrap);
    free(flow);
}

void flow_produce(struct flow *flow, int partition, const char *value)
{
    flow_produce_key(flow, partition, NULL, value);
}

void flow_produce_key(struct flow *flow, int partition, const char *key, const char *value)
{
    size_t key_size = key != NULL ? strlen(key) : 0;
    assert_int_equal(rd_kafka_producev(flow->producer, RD_KAFKA_V_TOPIC("t"), RD_KAFKA_V_PARTITION(partition),
                                       RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY((void *)key, key_size),
                                       RD_KAFKA_V_VALUE((void *)value, strlen(value)), RD_KAFKA_V_END),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(flow->producer, PATIENCE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* A client to ask with, for the group of the pipelines. */
static rd_kafka_t *asker(const struct flow *flow)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", flow->bootstrap, why, sizeof why);
    rd_kafka_conf_set(conf, "group.id", "connect-flow", why, sizeof why);
    rd_kafka_conf_set(conf, "log_level", "0", why, sizeof why);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    assert_non_null(client);
    return client;
}

static int64_t ask_committed(rd_kafka_t *client, int partition)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "t", partition);
    int64_t offset = rd_kafka_committed(client, list, 5000) == RD_KAFKA_RESP_ERR_NO_ERROR ? list->elems[0].offset : -1;
    rd_kafka_topic_partition_list_destroy(list);
    return offset >= 0 ? offset : -1;
}

int64_t flow_committed(struct flow *flow, int partition)
{
    rd_kafka_t *client = asker(flow);
    int64_t offset = ask_committed(client, partition);
    rd_kafka_destroy(client);
    return offset;
}

void flow_wait_committed(struct flow *flow, int partition, int64_t offset)
{
    rd_kafka_t *client = asker(flow);
    int64_t began_ms = clock_now_ms(), got;
    while ((got = ask_committed(client, partition)) != offset) {
        if (clock_now_ms() - began_ms > PATIENCE_MS) {
            char *log = flow_log(flow);
            fprintf(stderr, "%s", log);
            fail_msg("partition %d: committed %lld, wanted %lld", partition, (long long)got, (long long)offset);
        }
        flow_sleep(20);
    }
    rd_kafka_destroy(client);
}

size_t flow_letters(struct flow *flow)
{
    rd_kafka_t *client = asker(flow);
    int64_t low, high;
    assert_int_equal(rd_kafka_query_watermark_offsets(client, "dlq", 0, &low, &high, 5000), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(client);
    return (size_t)high;
}

/* ---- The sink's files ------------------------------------------------------------------------------ */

void flow_script(struct flow *flow, const char *script)
{
    char *path = path_in(flow, "script");
    write_file(path, script);
    free(path);
}

char *flow_log(struct flow *flow)
{
    char *path = path_in(flow, "log"), *text = alloc_zeroed(1 << 20, 1);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        text[fread(text, 1, (1 << 20) - 1, file)] = '\0';
        fclose(file);
    }
    free(path);
    return text;
}

void flow_wait_log(struct flow *flow, const char *text)
{
    int64_t began_ms = clock_now_ms();
    for (;;) {
        char *log = flow_log(flow);
        bool found = strstr(log, text) != NULL;
        if (!found && clock_now_ms() - began_ms > PATIENCE_MS)
            fail_msg("'%s' has not come: %s", text, log);
        free(log);
        if (found)
            return;
        flow_sleep(10);
    }
}

size_t flow_puts_of(struct flow *flow, int partition, int64_t offset)
{
    char wanted[64], *log = flow_log(flow);
    size_t count = 0;
    snprintf(wanted, sizeof wanted, " t:%d:%lld ", partition, (long long)offset);
    for (const char *at = log; (at = strstr(at, wanted)) != NULL; at++)
        count++;
    free(log);
    return count;
}

/* ---- Pipelines ------------------------------------------------------------------------------------- */

struct pipeline *flow_start(struct flow *flow, const char *more)
{
    static int number;
    struct flow_run *run = alloc_zeroed(1, sizeof *run);
    struct error error = {.text = ""};
    struct problems *problems = problems_new();
    struct pipeline *pipeline;
    run->file = alloc_printf("%s/%d.ini", flow->folder, number++);
    char *ini = alloc_printf(
        "[pipeline]\nname = flow\ntopics = t\nsink = out\nerrors.tolerance = %s\n"
        "errors.deadletterqueue.topic.name = dlq\nerrors.retry.delay.initial.ms = 20\n"
        "errors.retry.delay.max.ms = 100\noffset.flush.interval.ms = 50\n%s\n"
        "[kafka]\nbootstrap.servers = %s\nlog_level = 0\n[kafka.consumer]\nsession.timeout.ms = 3000\n"
        "heartbeat.interval.ms = 200\nfetch.wait.max.ms = 50\npartition.assignment.strategy = %s\n%s\n"
        "[sink.out]\nplugin = " SLUICE_TEST_FIXTURES "/scripted-sink.so\nscript.file = %s/script\n"
        "log.file = %s/log\n",
        flow->tolerance, more, flow->bootstrap, flow->strategy, flow->consumer, flow->folder, flow->folder);
    write_file(run->file, ini);
    free(ini);
    settings_load(&run->settings, (const char *const[]){run->file}, 1, problems);
    pipeline_config_bind(&run->config, &run->settings, problems);
    chain_build(&run->chain, &run->settings, &run->config, problems);
    problems_print(problems, stderr);
    assert_int_equal(problems_errors(problems), 0);
    problems_free(problems);
    assert_int_equal(chain_load(&run->chain, &error), 0);
    run->control = control_new((size_t)run->config.pipeline.tasks_max);
    if (pipeline_start(&pipeline, &run->config, &run->settings, &run->chain, run->control, &error) != 0)
        fail_msg("%s", error.text);
    run->next = flow->runs;
    flow->runs = run;
    return pipeline;
}

struct control *flow_control(struct flow *flow)
{
    return flow->runs->control;
}

int flow_wait_end(struct pipeline *pipeline)
{
    struct pollfd ended = {.fd = pipeline_fd(pipeline), .events = POLLIN};
    bool hung;
    assert_int_equal(poll(&ended, 1, PATIENCE_MS), 1);
    int exit_code = pipeline_join(pipeline, &hung);
    assert_false(hung);
    return exit_code;
}

int flow_stop(struct pipeline *pipeline)
{
    pipeline_stop(pipeline);
    return flow_wait_end(pipeline);
}
