#include "pipeline/pipeline.h"

#include "base/alloc.h"
#include "pipeline/shutdown.h"
#include "pipeline/wake.h"
#include "plugin/crash.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct pipeline {
    struct poller poller;
    pthread_t thread;
    int ended_fd;
    int exit_code;
};

static void *poller_main(void *pipeline_)
{
    struct pipeline *pipeline = pipeline_;
    struct crash_stack stack;
    crash_stack_open(&stack);
    poller_run(&pipeline->poller);
    pipeline->exit_code = shutdown_run(&pipeline->poller);
    crash_stack_close(&stack);
    wake_up(pipeline->ended_fd);
    return NULL;
}

int pipeline_start(struct pipeline **pipeline_, const struct pipeline_config *config, const struct settings *settings,
                   const struct chain *chain, struct control *control, struct error *error)
{
    struct pipeline *pipeline = alloc_zeroed(1, sizeof *pipeline);
    pipeline->ended_fd = wake_new();
    if (poller_open(&pipeline->poller, config, settings, chain, control, error) != 0)
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
    poller_stop(&pipeline->poller);
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
