/* commands/run.c - `sluice run`: everything that validate finds, then the pipeline until a signal ends it. */
#include "commands/arguments.h"
#include "commands/commands.h"
#include "commands/listeners.h"
#include "commands/reload.h"
#include "commands/table.h"
#include "ops/log.h"
#include "ops/metrics.h"
#include "ops/notify.h"
#include "pipeline/counters.h"
#include "pipeline/pipeline.h"
#include "plugin/fingerprint.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* What the end may take beside draining: commits, leaving the group, closing plugins. */
enum { END_RESERVE_MS = 30000 };

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

/* Waits for the pipeline's end, passing the first signal on as a request to stop. */
static void wait_for_end(const struct running *running, struct pipeline *pipeline)
{
    int signal_fd = running->signal_fd;
    struct pollfd fds[] = {{.fd = signal_fd, .events = POLLIN}, {.fd = pipeline_fd(pipeline), .events = POLLIN}};
    bool stopping = false;
    for (;;) {
        struct signalfd_siginfo info;
        int wait_ms = notify_serve(LIVE_LIMIT_MS, (int64_t)metrics_sum("sluice_consumer_lag_records"));
        if (poll(fds, 2, wait_ms) < 0 && errno != EINTR)
            return;
        if (fds[1].revents != 0)
            return;
        if (fds[0].revents == 0 || read(signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
            continue;
        if (info.ssi_signo == SIGHUP) {
            notify_reloading();
            reload_tell(running->files, running->loaded);
            notify_started();
            continue;
        }
        if (stopping) {
            log_flush(true);
            _exit(128 + (int)info.ssi_signo);
        }
        log_info("pipeline", "%s: stopping (a second signal ends it at once)", strsignal((int)info.ssi_signo));
        stopping = true;
        notify_stopping(running->loaded->config.pipeline.graceful_timeout_ms + END_RESERVE_MS);
        pipeline_stop(pipeline);
    }
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
    bool hung = false;
    if (listeners_open(&listeners, loaded, control, &error) != 0) {
        log_error("http", "%s", error.text);
        exit_code = EXIT_ENVIRONMENT;
    } else if (pipeline_start(&pipeline, &loaded->config, &loaded->settings, &loaded->chain, control, &error) != 0) {
        log_error("pipeline", "%s", error.text);
    } else {
        notify_started();
        wait_for_end(running, pipeline);
        exit_code = pipeline_join(pipeline, &hung);
    }
    log_flush(true);
    if (hung) /* nothing under the plugin may be freed */
        _exit(exit_code);
    listeners_close(&listeners);
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
