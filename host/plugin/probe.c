#include "plugin/probe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_child(int (*attempt)(const void *, struct error *), const void *argument, int out)
{
    struct error answer = {.text = ""};
    /* A crash here is an answer, not something to be reported by a handler or a core dump. */
    for (int signal_number = 1; signal_number < NSIG; signal_number++)
        signal(signal_number, SIG_DFL);
    if (attempt(argument, &answer) == 0)
        answer.text[0] = '\0';
    ssize_t written = write(out, answer.text, sizeof answer.text);
    _exit(written == (ssize_t)sizeof answer.text ? 0 : 1);
}

enum answered { ANSWERED, CLOSED, TIMED_OUT };

static enum answered read_answer(int in, int timeout_ms, struct error *answer)
{
    struct pollfd pollfd = {.fd = in, .events = POLLIN};
    int ready;
    do
        ready = poll(&pollfd, 1, timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        return TIMED_OUT;
    return read(in, answer->text, sizeof answer->text) == (ssize_t)sizeof answer->text ? ANSWERED : CLOSED;
}

int probe(int (*attempt)(const void *argument, struct error *error), const void *argument, int timeout_ms,
          struct error *error)
{
    int pipe_fds[2], status = 0;
    struct error answer;
    if (pipe(pipe_fds) != 0)
        return error_set(error, "cannot try it: %s", strerror(errno));
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(pipe_fds[0]);
        run_child(attempt, argument, pipe_fds[1]);
    }
    close(pipe_fds[1]);
    enum answered answered = child > 0 ? read_answer(pipe_fds[0], timeout_ms, &answer) : CLOSED;
    close(pipe_fds[0]);
    if (child < 0)
        return error_set(error, "cannot try it: %s", strerror(errno));
    if (answered == TIMED_OUT)
        kill(child, SIGKILL);
    waitpid(child, &status, 0);
    if (answered == ANSWERED)
        return answer.text[0] == '\0' ? 0 : error_set(error, "%s", answer.text);
    if (answered == TIMED_OUT)
        return error_set(error, "it did not return within %d ms", timeout_ms);
    if (WIFSIGNALED(status))
        return error_set(error, "it crashed: %s", strsignal(WTERMSIG(status)));
    return error_set(error, "it ended the process with exit code %d", WEXITSTATUS(status));
}
