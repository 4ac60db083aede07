#include "pipeline/wake.h"

#include "ops/log.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const uint64_t one = 1;

int wake_new(void)
{
    int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_fd < 0) {
        log_error("pipeline", "cannot create an eventfd: %s", strerror(errno));
        abort();
    }
    return wake_fd;
}

void wake_up(int wake_fd)
{
    ssize_t written = write(wake_fd, &one, sizeof one);
    (void)written; /* a full counter wakes as well */
}

void wake_on_queue(rd_kafka_queue_t *queue, int wake_fd)
{
    rd_kafka_queue_io_event_enable(queue, wake_fd, &one, sizeof one);
}

void wake_wait(int wake_fd, int64_t timeout_ms)
{
    struct pollfd pollfd = {.fd = wake_fd, .events = POLLIN};
    uint64_t count;
    if (poll(&pollfd, 1, timeout_ms > 1000 ? 1000 : (int)timeout_ms) > 0) {
        ssize_t got = read(wake_fd, &count, sizeof count);
        (void)got;
    }
}
