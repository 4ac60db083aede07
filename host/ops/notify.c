#include "ops/notify.h"

#include "base/clock.h"
#include "ops/health.h"
#include "ops/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

enum { STATUS_INTERVAL_MS = 1000 };

static void notify(const char *state)
{
    static bool told;
    int failure = sd_notify(0, state);
    if (failure < 0 && !told)
        log_warn("service", "the service manager cannot be told: NOTIFY_SOCKET: %s", strerror(-failure));
    told = failure < 0;
}

void notify_started(void)
{
    notify("READY=1");
}

/* The time tells the manager which reload the READY=1 behind it is of. */
void notify_reloading(void)
{
    char state[64];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
             (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    notify(state);
}

void notify_stopping(int64_t longest_ms)
{
    char state[64];
    snprintf(state, sizeof state, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64, longest_ms * 1000);
    notify(state);
}

static void serve_status(int64_t lag_records)
{
    static char *last;
    char *state = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&state, &size);
    if (out == NULL)
        return;
    fputs("STATUS=", out);
    health_write_line(out);
    fprintf(out, "; lag %" PRId64 " records", lag_records);
    fclose(out);
    for (char *c = state; *c != '\0'; c++)
        if (*c == '\n') /* it would begin another assignment */
            *c = ' ';
    if (last == NULL || strcmp(last, state) != 0)
        notify(state);
    free(last);
    last = state;
}

/* 0: none is wanted. */
static int watchdog_interval_ms(void)
{
    uint64_t limit_us;
    return sd_watchdog_enabled(0, &limit_us) > 0 ? (int)(limit_us / 2000) : 0;
}

static void serve_watchdog(int interval_ms, int64_t live_limit_ms)
{
    static int64_t last_ms = INT64_MIN;
    int64_t now_ms = clock_now_ms();
    if (interval_ms == 0 || now_ms < last_ms + interval_ms || !health_live(live_limit_ms))
        return;
    last_ms = now_ms;
    notify("WATCHDOG=1");
}

int notify_serve(int64_t live_limit_ms, int64_t lag_records)
{
    if (getenv("NOTIFY_SOCKET") == NULL)
        return -1;
    int interval_ms = watchdog_interval_ms();
    serve_status(lag_records);
    serve_watchdog(interval_ms, live_limit_ms);
    return interval_ms > 0 && interval_ms < STATUS_INTERVAL_MS ? interval_ms : STATUS_INTERVAL_MS;
}
