#include "pipeline/pipeline.h"

#include "base/alloc.h"
#include "ops/health.h"
#include "ops/log.h"
#include "pipeline/shutdown.h"
#include "pipeline/wake.h"
#include "plugin/crash.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct pipeline {
    const struct pipeline_config *config;
    const struct settings *settings;
    const struct chain *chain;
    struct control *control;
    struct poller poller;
    pthread_t thread;
    int ended_fd;
    int exit_code;
};

static int open_poller(struct pipeline *pipeline, struct error *error)
{
    return poller_open(&pipeline->poller, pipeline->config, pipeline->settings, pipeline->chain, pipeline->control,
                       error);
}

/* True: it has.  Everything below the poller goes with its client: what was under way comes again from the group's
 * offsets. */
static bool begin_anew(struct pipeline *pipeline)
{
    const struct poller *poller = &pipeline->poller;
    struct error error;
    if (poller->end != POLLER_FENCED || poller->hung || control_end_wanted(pipeline->control))
        return false;
    control_reach(pipeline->control, RUN_RUNNING); /* whatever else was, holds no longer */
    health_alive();                                /* closing clients may take its time */
    poller_free(&pipeline->poller);
    if (open_poller(pipeline, &error) == 0)
        return true;
    log_error("pipeline", "cannot begin anew: %s", error.text);
    pipeline->exit_code = 1;
    return false;
}

static void *poller_main(void *pipeline_)
{
    struct pipeline *pipeline = pipeline_;
    struct crash_stack stack;
    crash_stack_open(&stack);
    do {
        poller_run(&pipeline->poller);
        pipeline->exit_code = shutdown_run(&pipeline->poller);
    } while (begin_anew(pipeline));
    crash_stack_close(&stack);
    wake_up(pipeline->ended_fd);
    return NULL;
}

int pipeline_start(struct pipeline **pipeline_, const struct pipeline_config *config, const struct settings *settings,
                   const struct chain *chain, struct control *control, struct error *error)
{
    struct pipeline *pipeline = alloc_zeroed(1, sizeof *pipeline);
    *pipeline = (struct pipeline){
        .config = config, .settings = settings, .chain = chain, .control = control, .ended_fd = wake_new()};
    if (open_poller(pipeline, error) != 0)
        goto failed;
    int failure = pthread_create(&pipeline->thread, NULL, poller_main, pipeline);
    if (failure != 0) {
        error_set(error, "cannot start a thread: %s", strerror(failure));
        goto failed;
    }
    *pipeline_ = pipeline;
    return 0;
failed:
    poller_free(&pipeline->poller);
    close(pipeline->ended_fd);
    free(pipeline);
    return -1;
}

void pipeline_stop(struct pipeline *pipeline)
{
    health_stopping();
    control_end(pipeline->control);
}

int pipeline_fd(const struct pipeline *pipeline)
{
    return pipeline->ended_fd;
}

int pipeline_join(struct pipeline *pipeline, bool *hung)
{
    pthread_join(pipeline->thread, NULL);
    int exit_code = pipeline->exit_code;
    *hung = pipeline->poller.hung;
    if (!*hung) {
        poller_free(&pipeline->poller);
        close(pipeline->ended_fd);
        free(pipeline);
    }
    return exit_code;
}
