#include "ops/log_repeats.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_KEPT_BYTES = 1024 };

static struct window {
    uint64_t key; /* 0: free */
    int64_t began_ms, last_ms;
    uint64_t count;
    /* Of the last line that was counted; NULL until there is one. */
    char *message;
    char *plugin, *topic;
    struct log_about about;
    sluice_level level;
} windows[LOG_REPEATS_WINDOWS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int64_t due_ms = INT64_MAX; /* when the first window with something to tell is over */

/* ---- What repeats are ----------------------------------------------------------------------------- */

/* FNV-1a. */
static void mix(uint64_t *hash, const void *data, size_t size)
{
    for (const unsigned char *byte = data, *end = byte + size; byte < end; byte++)
        *hash = (*hash ^ *byte) * 0x100000001b3u;
}

static void mix_text(uint64_t *hash, const char *text)
{
    if (text != NULL)
        mix(hash, text, strlen(text));
    mix(hash, "", 1);
}

static void mix_without_numbers(uint64_t *hash, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < '0' || *text > '9')
            mix(hash, text, 1);
}

/* Are its words others', not the host's? */
static bool is_foreign(const char *area)
{
    static const char *const foreign[] = {"plugin", "librdkafka", "libmongoc"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (strcmp(foreign[i], area) == 0)
            return true;
    return false;
}

static uint64_t key_of(sluice_level level, const struct log_about *about, const char *message)
{
    uint64_t hash = 0xcbf29ce484222325u;
    mix(&hash, &level, sizeof level);
    mix_text(&hash, about->area);
    mix_text(&hash, about->plugin);
    mix_text(&hash, about->topic);
    mix(&hash, &about->task, sizeof about->task);
    mix(&hash, &about->partition, sizeof about->partition);
    if (about->repeats != NULL)
        mix_text(&hash, about->repeats);
    else if (is_foreign(about->area))
        mix_without_numbers(&hash, message);
    else
        mix_text(&hash, message);
    return hash | 1;
}

/* ---- Windows -------------------------------------------------------------------------------------- */

static void forget(struct window *window)
{
    free(window->message);
    free(window->plugin);
    free(window->topic);
    *window = (struct window){.key = 0};
}

/* The window of a key: its own, or a new one in the place of the oldest that has nothing to tell; NULL: all have. */
static struct window *window_of(uint64_t key, int64_t now_ms)
{
    struct window *own = NULL, *oldest = NULL;
    for (struct window *window = windows; window < windows + LOG_REPEATS_WINDOWS; window++) {
        if (window->key == key)
            own = window;
        if (window->message == NULL && (oldest == NULL || window->began_ms < oldest->began_ms))
            oldest = window;
    }
    if (own != NULL && (own->message != NULL || now_ms - own->began_ms < LOG_REPEATS_WINDOW_MS))
        return own;
    struct window *window = own != NULL ? own : oldest;
    if (window != NULL)
        *window = (struct window){.key = key, .began_ms = now_ms};
    return window;
}

static char *copy(const char *text)
{
    return text != NULL ? alloc_text(text) : NULL;
}

static void keep(struct window *window, int64_t now_ms, sluice_level level, const struct log_about *about,
                 const char *message)
{
    char *plugin = copy(about->plugin), *topic = copy(about->topic);
    free(window->message);
    free(window->plugin);
    free(window->topic);
    window->last_ms = now_ms;
    window->level = level;
    window->message = alloc_copy(message, strnlen(message, LONGEST_KEPT_BYTES));
    window->plugin = plugin;
    window->topic = topic;
    window->about = *about;
    window->about.plugin = plugin;
    window->about.topic = topic;
    window->about.repeats = NULL; /* borrowed */
    if (window->began_ms + LOG_REPEATS_WINDOW_MS < atomic_load(&due_ms))
        atomic_store(&due_ms, window->began_ms + LOG_REPEATS_WINDOW_MS);
}

bool log_repeats_count(int64_t now_ms, sluice_level level, const struct log_about *about, const char *message)
{
    bool counted = false;
    pthread_mutex_lock(&lock);
    struct window *window = window_of(key_of(level, about, message), now_ms);
    if (window != NULL && ++window->count > LOG_REPEATS_WRITTEN) {
        keep(window, now_ms, level, about, message);
        counted = true;
    }
    pthread_mutex_unlock(&lock);
    return counted;
}

void log_repeats_tell(int64_t now_ms, bool all,
                      void (*tell)(sluice_level level, const struct log_about *about, const char *message,
                                   uint64_t repeats))
{
    if (!all && now_ms < atomic_load(&due_ms))
        return;
    pthread_mutex_lock(&lock);
    int64_t next_ms = INT64_MAX;
    for (struct window *window = windows; window < windows + LOG_REPEATS_WINDOWS; window++) {
        int64_t end_ms = window->began_ms + LOG_REPEATS_WINDOW_MS;
        if (window->message == NULL)
            continue;
        if (!all && now_ms < end_ms) {
            next_ms = end_ms < next_ms ? end_ms : next_ms;
            continue;
        }
        uint64_t repeats = window->count - LOG_REPEATS_WRITTEN;
        long long seconds = (long long)(window->last_ms - window->began_ms + 999) / 1000;
        char *message =
            alloc_printf("… %llu more in %lld s: %s", (unsigned long long)repeats, seconds, window->message);
        tell(window->level, &window->about, message, repeats);
        free(message);
        forget(window);
    }
    atomic_store(&due_ms, next_ms);
    pthread_mutex_unlock(&lock);
}
