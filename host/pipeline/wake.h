/* pipeline/wake.h - what wakes the poller: one eventfd, written by tasks that have finished a batch, by librdkafka when
 * a queue of ours is no longer empty, by whoever asks the pipeline to stop. */
#ifndef SLUICE_PIPELINE_WAKE_H
#define SLUICE_PIPELINE_WAKE_H

#include <librdkafka/rdkafka.h>

int wake_new(void);        /* the fd; aborts when the process has none left */
void wake_up(int wake_fd); /* [any] */
void wake_on_queue(rd_kafka_queue_t *queue, int wake_fd);
void wake_wait(int wake_fd, int64_t timeout_ms); /* [poller] until woken, or the time is over */

#endif
