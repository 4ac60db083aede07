#include "pipeline/dead_letter.h"

#include "base/clock.h"
#include "ops/health.h"
#include "ops/log.h"
#include "pipeline/statistics.h"
#include "pipeline/wake.h"

#include <inttypes.h>
#include <string.h>

enum { PURGE_TIMEOUT_MS = 1000, BELIEVED_AFTER_MS = 5000, SILENT_MS = 8000 };

static void prepend(struct dead_letters *letters, struct letter *letter)
{
    letter->next = letters->first;
    letters->first = letter;
    if (letters->last == NULL)
        letters->last = letter;
}

static void append(struct dead_letters *letters, struct letter *letter)
{
    letter->next = NULL;
    if (letters->last != NULL)
        letters->last->next = letter;
    else
        letters->first = letter;
    letters->last = letter;
}

static struct letter *take(struct dead_letters *letters)
{
    struct letter *letter = letters->first;
    letters->first = letter->next;
    if (letters->first == NULL)
        letters->last = NULL;
    letter->next = NULL;
    return letter;
}

/* Letters wait, and the producer was last kept from its brokers: until one is acknowledged, that is the cause. */
static void tell_trouble(const struct dead_letters *letters)
{
    if (letters->trouble.kind != TROUBLE_NONE && letters->unacknowledged > 0)
        health_tell("dead-letter", false, "%s: %s", letters->topic, letters->trouble.text);
}

static void note_trouble(rd_kafka_t *producer, int failure, const char *reason, void *opaque)
{
    struct dead_letters *letters = opaque;
    (void)producer;
    if (failure == RD_KAFKA_RESP_ERR__FATAL || /* see give_producer_up() */
        !broker_trouble_note(&letters->trouble, (rd_kafka_resp_err_t)failure, reason, clock_now_ms()))
        return;
    log_warn("dead-letter", "%s", letters->trouble.text);
    tell_trouble(letters);
}

/* librdkafka says nothing of a letter until message.timeout.ms is over: of a topic that was deleted, say. */
static void watch(struct dead_letters *letters, int64_t now_ms)
{
    if (letters->unacknowledged == 0)
        letters->moved_ms = now_ms;
    int64_t waited_ms = now_ms - letters->moved_ms;
    if (waited_ms < SILENT_MS || letters->attempts > 0 || letters->trouble.kind != TROUBLE_NONE)
        return; /* else the cause has been told */
    health_tell("dead-letter", false, "%s: no letter has been acknowledged for %" PRId64 " s, %zu wait", letters->topic,
                waited_ms / 1000, letters->unacknowledged);
    if (!letters->told_silent)
        log_warn("dead-letter", "no letter has been acknowledged by %s for %" PRId64 " s, %zu wait", letters->topic,
                 waited_ms / 1000, letters->unacknowledged);
    letters->told_silent = true;
}

static void put_off(struct dead_letters *letters, const char *why)
{
    letters->next_try_ms = clock_now_ms() + retry_delay_ms(&letters->policy, letters->attempts++, letters->random);
    health_tell("dead-letter", false, "%s: %s", letters->topic, why);
    if (letters->attempts == 1)
        log_warn("dead-letter", "a letter cannot be produced to %s and is tried again: %s", letters->topic, why);
}

/* Refusals of a whole request for the sake of one of its letters: each then travels by itself. */
static bool is_shared(rd_kafka_resp_err_t failure)
{
    return failure == RD_KAFKA_RESP_ERR_INVALID_RECORD || failure == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP ||
           failure == RD_KAFKA_RESP_ERR__INVALID_DIFFERENT_RECORD;
}

/* It comes again, in another form if that may help. */
static void refused(struct dead_letters *letters, struct letter *letter, rd_kafka_resp_err_t failure)
{
    bool shared = is_shared(failure);
    if (shared && letter->form == LETTER_WHOLE) {
        letter->form = LETTER_ALONE;
        append(letters, letter);
        return;
    }
    if (failure == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP && !letter->retimed) {
        letter->retimed = true; /* the topic takes no record that old, or new: it goes with today's */
        prepend(letters, letter);
        return;
    }
    if (failure == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && letter->form < LETTER_WITHOUT_HEADERS) {
        letter->form++;
        prepend(letters, letter);
        return;
    }
    letter->form = shared ? LETTER_ALONE : LETTER_WHOLE; /* the topic may take more by then */
    append(letters, letter);
    /* One that has waited for too long says only that: why, its producer has heard. */
    bool heard = failure == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT && letters->trouble.kind != TROUBLE_NONE;
    put_off(letters, heard ? letters->trouble.text : rd_kafka_err2str(failure));
}

static void answered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    struct dead_letters *letters = opaque;
    struct letter *letter = message->_private;
    (void)producer;
    letters->in_flight--;
    letters->alone = false;
    if (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
        append(letters, letter);
        return;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        refused(letters, letter, message->err);
        return;
    }
    if (letters->attempts > 0 || letters->told_silent)
        log_info("dead-letter", "letters are acknowledged by %s again", letters->topic);
    letters->attempts = 0;
    letters->moved_ms = clock_now_ms();
    letters->told_silent = false;
    letters->trouble = (struct broker_trouble){.kind = TROUBLE_NONE};
    health_tell("dead-letter", true, NULL);
    letters->unacknowledged--;
    letters->bytes -= letter->record->bytes;
    letters->acknowledged(letters->opaque, letter);
    letter_free(letter);
}

static int stats_cb(rd_kafka_t *producer, char *json, size_t size, void *opaque)
{
    (void)producer, (void)opaque;
    statistics_of_producer(json, size);
    return 0; /* the text is librdkafka's to free */
}

static int make_producer(struct dead_letters *letters, struct error *error)
{
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(letters->conf);
    letters->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (letters->producer == NULL) {
        rd_kafka_conf_destroy(conf);
        return error_set(error, "cannot create the dead letter producer: %s", why);
    }
    rd_kafka_queue_t *answers = rd_kafka_queue_get_main(letters->producer);
    wake_on_queue(answers, letters->wake_fd);
    rd_kafka_queue_destroy(answers);
    return 0;
}

int dead_letters_open(struct dead_letters *letters, rd_kafka_conf_t **conf, int wake_fd, struct error *error)
{
    if (letters->topic == NULL)
        return 0;
    rd_kafka_conf_set_dr_msg_cb(*conf, answered);
    rd_kafka_conf_set_error_cb(*conf, note_trouble);
    rd_kafka_conf_set_stats_cb(*conf, stats_cb);
    rd_kafka_conf_set_opaque(*conf, letters);
    letters->conf = *conf;
    letters->wake_fd = wake_fd;
    *conf = NULL;
    if (make_producer(letters, error) != 0)
        return -1;
    health_tell("dead-letter", true, NULL);
    return 0;
}

/* An idempotent producer that has failed fatally (it was not allowed to begin, or has lost its place) never sends
 * again: what it had is taken back, and after the backoff another goes on with it. */
static void give_producer_up(struct dead_letters *letters)
{
    char why[512] = "";
    rd_kafka_fatal_error(letters->producer, why, sizeof why);
    rd_kafka_purge(letters->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(letters->producer, PURGE_TIMEOUT_MS);
    if (letters->in_flight == 0) { /* else it would take letters along: again the next time */
        rd_kafka_destroy(letters->producer);
        letters->producer = NULL;
    }
    put_off(letters, why);
}

/* A producer that was made anew while no letter waits has nothing to prove itself with. */
static void believe(struct dead_letters *letters, int64_t now_ms)
{
    if (letters->attempts == 0 || letters->unacknowledged > 0 || now_ms < letters->next_try_ms + BELIEVED_AFTER_MS)
        return;
    letters->attempts = 0;
    health_tell("dead-letter", true, NULL);
}

static bool came_back(struct dead_letters *letters, int64_t now_ms)
{
    struct error error;
    if (now_ms < letters->next_try_ms)
        return false;
    if (make_producer(letters, &error) == 0)
        return true;
    put_off(letters, error.text);
    return false;
}

void dead_letters_add(struct dead_letters *letters, struct letter *letter)
{
    letters->unacknowledged++;
    letters->bytes += letter->record->bytes;
    append(letters, letter);
    tell_trouble(letters);
}

/* The payload stays ours until the answer comes. */
static rd_kafka_resp_err_t produce(struct dead_letters *letters, struct letter *letter)
{
    const struct record *record = letter->record;
    sluice_bytes value = letter_value(letter);
    rd_kafka_headers_t *headers = letter_headers(letter, letters->pipeline);
    rd_kafka_resp_err_t failure = rd_kafka_producev(
        letters->producer, RD_KAFKA_V_TOPIC(letters->topic), RD_KAFKA_V_MSGFLAGS(0),
        RD_KAFKA_V_VALUE((void *)value.data, value.size), RD_KAFKA_V_KEY(record->key.data, record->key.size),
        RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_TIMESTAMP(letter->retimed || record->timestamp_type == SLUICE_TIME_NONE ? 0 : record->timestamp_ms),
        RD_KAFKA_V_OPAQUE(letter), RD_KAFKA_V_END);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_headers_destroy(headers);
    return failure;
}

/* A letter by itself waits for the others, and they for it. */
static bool may_produce(const struct dead_letters *letters)
{
    return letters->first != NULL && !letters->alone &&
           (letters->first->form == LETTER_WHOLE || letters->in_flight == 0);
}

int64_t dead_letters_serve(struct dead_letters *letters, int64_t now_ms)
{
    if (letters->conf == NULL) /* none is wanted */
        return INT64_MAX;
    if (letters->producer == NULL && !came_back(letters, now_ms))
        return letters->next_try_ms - now_ms;
    rd_kafka_poll(letters->producer, 0);
    watch(letters, now_ms);
    if (rd_kafka_fatal_error(letters->producer, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        give_producer_up(letters);
        return letters->next_try_ms - now_ms;
    }
    believe(letters, now_ms);
    while (may_produce(letters) && now_ms >= letters->next_try_ms) {
        struct letter *letter = take(letters);
        rd_kafka_resp_err_t failure = produce(letters, letter);
        if (failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
            letters->in_flight++;
            letters->alone = letter->form > LETTER_WHOLE;
        } else if (failure == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            prepend(letters, letter);
            letters->next_try_ms = now_ms + letters->policy.first_ms; /* room comes with the answers */
        } else {
            refused(letters, letter, failure);
        }
    }
    return may_produce(letters) ? letters->next_try_ms - now_ms : INT64_MAX;
}

void dead_letters_close(struct dead_letters *letters)
{
    if (letters->producer != NULL) {
        rd_kafka_purge(letters->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(letters->producer, PURGE_TIMEOUT_MS);
        rd_kafka_destroy(letters->producer);
        letters->producer = NULL;
    }
    while (letters->first != NULL)
        letter_free(take(letters));
    if (letters->conf != NULL)
        rd_kafka_conf_destroy(letters->conf);
    letters->conf = NULL;
}
