#include "ops/log.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "ops/log_line.h"
#include "ops/log_repeats.h"
#include "ops/redact.h"

#include <assert.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static struct area {
    const char *name;
    _Atomic sluice_level level;
    _Atomic int64_t changed_ms;
} areas[] = {
    {.name = "pipeline", .level = SLUICE_LOG_INFO},    {.name = "config", .level = SLUICE_LOG_INFO},
    {.name = "consumer", .level = SLUICE_LOG_INFO},    {.name = "task", .level = SLUICE_LOG_INFO},
    {.name = "dead-letter", .level = SLUICE_LOG_INFO}, {.name = "http", .level = SLUICE_LOG_INFO},
    {.name = "plugin", .level = SLUICE_LOG_INFO},      {.name = "librdkafka", .level = SLUICE_LOG_INFO},
    {.name = "libmongoc", .level = SLUICE_LOG_INFO},
};
enum { AREA_COUNT = sizeof areas / sizeof areas[0] };

/* Written before any thread starts. */
static enum log_style style;
static char *pipeline_name;

/* ---- Levels --------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    sluice_level level;
} levels[] = {
    {"ERROR", SLUICE_LOG_ERROR}, {"WARN", SLUICE_LOG_WARN},   {"INFO", SLUICE_LOG_INFO}, {"DEBUG", SLUICE_LOG_DEBUG},
    {"TRACE", SLUICE_LOG_DEBUG}, {"FATAL", SLUICE_LOG_ERROR}, {"OFF", SLUICE_LOG_ERROR},
};
enum { LEVEL_COUNT = sizeof levels / sizeof levels[0] };

const char *log_level_name(sluice_level level)
{
    for (size_t i = 0; i < LEVEL_COUNT; i++)
        if (levels[i].level == level)
            return levels[i].name;
    return NULL;
}

int log_level_parse(const char *text, sluice_level *level)
{
    for (size_t i = 0; i < LEVEL_COUNT; i++)
        if (strcasecmp(levels[i].name, text) == 0) {
            *level = levels[i].level;
            return 0;
        }
    return -1;
}

static struct area *find(const char *name)
{
    for (size_t i = 0; i < AREA_COUNT; i++)
        if (strcmp(areas[i].name, name) == 0)
            return &areas[i];
    return NULL;
}

size_t log_area_count(void)
{
    return AREA_COUNT;
}

const char *log_area_name(size_t i)
{
    return areas[i].name;
}

sluice_level log_area_level(size_t i)
{
    return atomic_load(&areas[i].level);
}

int64_t log_area_changed_ms(size_t i)
{
    return atomic_load(&areas[i].changed_ms);
}

int log_set_level(const char *name, sluice_level level)
{
    bool all = name == NULL || strcmp(name, "root") == 0;
    int found = -1;
    for (size_t i = 0; i < AREA_COUNT; i++)
        if (all || strcmp(areas[i].name, name) == 0) {
            atomic_store(&areas[i].level, level);
            atomic_store(&areas[i].changed_ms, clock_wall_ms());
            found = 0;
        }
    return found;
}

bool log_wanted(const char *name, sluice_level level)
{
    const struct area *area = find(name);
    assert(area != NULL); /* a new area needs its row in the table */
    return level >= SLUICE_LOG_ERROR && level <= atomic_load(&(area != NULL ? area : areas)->level);
}

/* ---- Setting up ----------------------------------------------------------------------------------- */

void log_setup(enum log_style style_, sluice_level level, const char *pipeline)
{
    style = style_;
    free(pipeline_name);
    pipeline_name = pipeline != NULL ? alloc_text(pipeline) : NULL;
    for (size_t i = 0; i < AREA_COUNT; i++) {
        atomic_store(&areas[i].level, level);
        atomic_store(&areas[i].changed_ms, 0);
    }
}

int log_setup_area(const char *name, sluice_level level)
{
    struct area *area = find(name);
    if (area == NULL)
        return -1;
    atomic_store(&area->level, level);
    return 0;
}

/* ---- Lines ---------------------------------------------------------------------------------------- */

/* One call a line, so that lines never mix. */
static void put(const char *line, size_t size)
{
    ssize_t written = write(STDERR_FILENO, line, size);
    (void)written;
}

static void write_line(sluice_level level, const struct log_about *about, const char *message, uint64_t repeats)
{
    size_t size;
    char *line = log_line(
        style, &(struct log_line){clock_wall_ms(), log_level_name(level), pipeline_name, about, message, repeats},
        &size);
    put(line, size);
    free(line);
}

void log_write_plain(sluice_level level, const struct log_about *about, char *message)
{
    struct plain line = {.size = 0};
    redact(message);
    log_line_plain(style, &(struct log_line){clock_wall_ms(), log_level_name(level), pipeline_name, about, message, 0},
                   &line);
    put(line.text, line.size);
}

void log_flush(bool all)
{
    log_repeats_tell(clock_now_ms(), all, write_line);
}

void log_write(sluice_level level, const struct log_about *about, const char *fmt, ...)
{
    va_list args;
    if (!log_wanted(about->area, level))
        return;
    va_start(args, fmt);
    char *message = alloc_vprintf(fmt, args);
    va_end(args);
    redact(message);
    log_flush(false);
    if (about->every || level == SLUICE_LOG_DEBUG || !log_repeats_count(clock_now_ms(), level, about, message))
        write_line(level, about, message, 0);
    free(message);
}
