/* commands/run.c - `sluice run`: everything that validate finds, then the pipeline until a signal ends it. */
#include "base/clock.h"
#include "commands/arguments.h"
#include "commands/commands.h"
#include "commands/listeners.h"
#include "commands/reload.h"
#include "commands/table.h"
#include "ops/health.h"
#include "ops/log.h"
#include "ops/metrics.h"
#include "ops/notify.h"
#include "pipeline/counters.h"
#include "pipeline/pipeline.h"
#include "pipeline/wake.h"
#include "plugin/fingerprint.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* What the end may take beside draining: commits, leaving the group, closing plugins; of that, requests under way. */
enum { END_RESERVE_MS = 30000, CLOSE_TIMEOUT_MS = END_RESERVE_MS / 2 };

enum { ALIVE_EVERY_MS = 1000 };

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct file_list *files = state->input;
    switch (key) {
    case 'c': argument_config(files, argument, state); return 0;
    case ARGP_KEY_ARG: argp_error(state, "'%s' is not expected", argument); return 0;
    case ARGP_KEY_END: argument_need_config(files, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {ARGUMENT_CONFIG, {.name = NULL}};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc =
        "Runs the pipeline until SIGTERM or SIGINT, which let it drain, commit and leave the group; a second one ends "
        "it at once. SIGHUP reads the files again and logs what a restart would change.\v"
        "Examples:\n"
        "  sluice run -c plant-images.ini\n"
        "  sluice run -c base.ini -c production.ini\n",
};

/* What the process was started with, and what it became. */
struct running {
    const struct file_list *files;
    const struct loaded *loaded;
    int signal_fd;
};

/* The signal that has come; 0: none. */
static int read_signal(int signal_fd)
{
    struct signalfd_siginfo info;
    return read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

/* Waits for the pipeline's end, passing the first signal on as a request to stop.  Returns when that came; 0: never. */
static int64_t wait_for_end(const struct running *running, struct pipeline *pipeline, struct listeners *listeners)
{
    int signal_fd = running->signal_fd;
    const struct pipeline_config *config = &running->loaded->config;
    struct pollfd fds[] = {{.fd = signal_fd, .events = POLLIN}, {.fd = pipeline_fd(pipeline), .events = POLLIN}};
    int64_t stopped_ms = 0;
    for (;;) {
        int wait_ms = notify_serve(LIVE_LIMIT_MS, (int64_t)metrics_sum("sluice_consumer_lag_records"));
        if (poll(fds, 2, wait_ms) < 0 && errno != EINTR)
            return stopped_ms;
        if (fds[1].revents != 0)
            return stopped_ms;
        int signal = fds[0].revents != 0 ? read_signal(signal_fd) : 0;
        if (signal == 0 || (signal == SIGHUP && stopped_ms > 0))
            continue;
        if (signal == SIGHUP) {
            notify_reloading();
            reload_tell(running->files, running->loaded);
            notify_started();
            continue;
        }
        if (stopped_ms > 0) {
            log_flush(true);
            _exit(128 + signal);
        }
        log_info("pipeline", "%s: stopping (a second signal ends it at once)", strsignal(signal));
        stopped_ms = clock_now_ms();
        notify_stopping(config->pipeline.graceful_timeout_ms + config->http.read_shutdown_delay_ms + END_RESERVE_MS);
        reading_stopping(listeners->reading);
        pipeline_stop(pipeline);
    }
}

struct closing {
    void (*close)(struct listeners *);
    struct listeners *listeners;
    int done_fd;
};

static void *close_in_background(void *closing_)
{
    const struct closing *closing = closing_;
    closing->close(closing->listeners);
    wake_up(closing->done_fd);
    return NULL;
}

enum waited { WAITED_DONE, WAITED_SIGNAL, WAITED_TIME };

/* Until done_fd tells that it is done (-1: nothing does), a signal that ends the process, or until_ms. */
static enum waited wait_until(int done_fd, int signal_fd, int64_t until_ms)
{
    struct pollfd fds[] = {{.fd = done_fd, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};
    for (int64_t left_ms; (left_ms = until_ms - clock_now_ms()) > 0;) {
        if (poll(fds, 2, (int)left_ms) <= 0)
            continue;
        if (fds[0].revents != 0)
            return WAITED_DONE;
        int signal = read_signal(signal_fd);
        if (signal != 0 && signal != SIGHUP)
            return WAITED_SIGNAL;
    }
    return WAITED_TIME;
}

/* Whoever is sent here by a load balancer is answered until it has noticed. */
static void go_on_reading(const struct running *running, const struct listeners *listeners, int64_t stopped_ms)
{
    int64_t until_ms = stopped_ms + running->loaded->config.http.read_shutdown_delay_ms;
    if (listeners->reading == NULL || stopped_ms == 0 || until_ms <= clock_now_ms())
        return;
    log_info("http", "the read side goes on for %lld ms", (long long)(until_ms - clock_now_ms()));
    for (int64_t now_ms; (now_ms = clock_now_ms()) < until_ms;) {
        int64_t next_ms = now_ms + ALIVE_EVERY_MS;
        health_alive();
        log_flush(true);
        if (wait_until(-1, running->signal_fd, next_ms < until_ms ? next_ms : until_ms) == WAITED_SIGNAL)
            return;
    }
}

/* A request may be inside a plugin, which may hang: it keeps the process neither for ever nor beyond another signal. */
static void close_listeners(const struct running *running, void (*close_them)(struct listeners *),
                            struct listeners *listeners, int exit_code)
{
    struct closing closing = {.close = close_them, .listeners = listeners, .done_fd = wake_new()};
    pthread_t thread;
    bool started = pthread_create(&thread, NULL, close_in_background, &closing) == 0;
    if (!started || wait_until(closing.done_fd, running->signal_fd, clock_now_ms() + CLOSE_TIMEOUT_MS) != WAITED_DONE) {
        log_error("http", "a request does not end: the process ends without closing its listeners");
        log_flush(true);
        _exit(exit_code);
    }
    pthread_join(thread, NULL);
    close(closing.done_fd);
}

static void tell_config(const struct loaded *loaded)
{
    char hash[FINGERPRINT_SIZE];
    fingerprint(&loaded->settings, &loaded->chain, hash);
    counters_about(&loaded->chain, hash);
    log_info("config", "the configuration's hash is %s", hash);
}

static int run_pipeline(const struct running *running)
{
    const struct loaded *loaded = running->loaded;
    struct error error;
    struct listeners listeners;
    struct control *control = control_new((size_t)loaded->config.pipeline.tasks_max);
    struct pipeline *pipeline;
    int exit_code = EXIT_RUNTIME;
    int64_t stopped_ms = 0;
    bool hung = false;
    if (listeners_open(&listeners, loaded, control, &error) != 0) {
        log_error("http", "%s", error.text);
        exit_code = EXIT_ENVIRONMENT;
    } else if (pipeline_start(&pipeline, &loaded->config, &loaded->settings, &loaded->chain, control, &error) != 0) {
        log_error("pipeline", "%s", error.text);
    } else {
        notify_started();
        stopped_ms = wait_for_end(running, pipeline, &listeners);
        exit_code = pipeline_join(pipeline, &hung);
    }
    log_flush(true);
    if (!hung)
        close_listeners(running, listeners_close_admin, &listeners, exit_code);
    go_on_reading(running, &listeners, stopped_ms);
    if (hung) /* nothing under the plugin may be freed */
        _exit(exit_code);
    close_listeners(running, listeners_close, &listeners, exit_code);
    control_free(control);
    return exit_code;
}

static void set_up_log(const struct pipeline_config *config)
{
    const struct log_options *log = &config->log;
    log_setup((enum log_style)log->format, log->level + SLUICE_LOG_ERROR, config->pipeline.name);
    for (size_t i = 0; i < log->levels.count; i++) {
        sluice_level level = SLUICE_LOG_INFO;
        log_level_parse(log->levels.items[i].value, &level);
        log_setup_area(log->levels.items[i].name, level);
    }
}

/* Blocked before any thread starts, so that only this one ever sees them. */
static int block_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

int command_run(int argc, char **argv)
{
    struct file_list files = {.count = 0};
    struct loaded loaded;
    struct error error;
    int exit_code = EXIT_CONFIGURATION;
    arguments_parse(&argp, argc, argv, &files);
    load(&loaded, &files, false);
    if (problems_errors(loaded.problems) == 0) {
        int signal_fd = block_signals();
        problems_print(loaded.problems, stderr);
        set_up_log(&loaded.config);
        tell_config(&loaded);
        if (chain_load(&loaded.chain, &error) == 0) {
            exit_code = run_pipeline(&(struct running){&files, &loaded, signal_fd});
            plugins_unload_all();
        } else {
            log_error("plugin", "%s", error.text);
            exit_code = EXIT_RUNTIME;
        }
        close(signal_fd);
    } else {
        problems_print(loaded.problems, stderr);
    }
    load_free(&loaded);
    plugins_close_all();
    return exit_code;
}
