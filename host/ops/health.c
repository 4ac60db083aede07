#include "ops/health.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "ops/redact.h"

#include <jansson.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_texts[] = {
#define X(name, text) text,
    HEALTH_STATES(X)
#undef X
};

static struct component {
    char name[280];
    bool ready, starting;
    int64_t since_wall_ms; /* when it became ready, or not */
    char detail[1024];
} components[HEALTH_MAX_COMPONENTS];
static size_t component_count;
static bool was_ready, stopping;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int64_t last_sign_ms = -1;

static struct component *find(const char *name)
{
    for (size_t i = 0; i < component_count; i++)
        if (strcmp(components[i].name, name) == 0)
            return &components[i];
    return NULL;
}

static enum health_state state_now(void)
{
    bool all = component_count > 0;
    for (size_t i = 0; i < component_count; i++)
        all = all && components[i].ready;
    was_ready |= all;
    if (stopping)
        return HEALTH_STOPPING;
    if (all)
        return HEALTH_READY;
    return was_ready ? HEALTH_NOT_READY : HEALTH_STARTING;
}

/* NULL: there are too many. */
static struct component *find_or_add(const char *name)
{
    struct component *component = find(name);
    if (component != NULL || component_count == HEALTH_MAX_COMPONENTS)
        return component;
    component = &components[component_count++];
    *component = (struct component){.since_wall_ms = clock_wall_ms()};
    snprintf(component->name, sizeof component->name, "%s", name);
    return component;
}

void health_tell(const char *name, bool ready, const char *fmt, ...)
{
    char *detail = NULL;
    if (!ready && fmt != NULL) {
        va_list args;
        va_start(args, fmt);
        detail = alloc_vprintf(fmt, args);
        va_end(args);
        redact(detail); /* before it is cut to what there is room for */
    }
    pthread_mutex_lock(&lock);
    struct component *component = find_or_add(name);
    if (component != NULL) {
        if (component->ready != ready)
            component->since_wall_ms = clock_wall_ms();
        component->ready = ready;
        component->starting = false;
        component->detail[0] = '\0';
        if (detail != NULL)
            snprintf(component->detail, sizeof component->detail, "%s", detail);
    }
    state_now(); /* a moment in which all were ready may be over by the time somebody asks */
    pthread_mutex_unlock(&lock);
    free(detail);
}

void health_starting(const char *name, const char *detail)
{
    pthread_mutex_lock(&lock);
    struct component *component = find_or_add(name);
    if (component != NULL) {
        if (component->ready)
            component->since_wall_ms = clock_wall_ms();
        component->ready = false;
        component->starting = true;
        snprintf(component->detail, sizeof component->detail, "%s", detail);
    }
    pthread_mutex_unlock(&lock);
}

void health_forget(const char *name)
{
    pthread_mutex_lock(&lock);
    struct component *component = find(name);
    if (component != NULL)
        *component = components[--component_count];
    pthread_mutex_unlock(&lock);
}

void health_stopping(void)
{
    pthread_mutex_lock(&lock);
    stopping = true;
    pthread_mutex_unlock(&lock);
}

void health_alive(void)
{
    atomic_store(&last_sign_ms, clock_now_ms());
}

bool health_live(int64_t limit_ms)
{
    int64_t last_ms = atomic_load(&last_sign_ms);
    return last_ms >= 0 && clock_now_ms() - last_ms <= limit_ms;
}

static json_t *component_json(const struct component *component)
{
    json_t *json = json_object();
    char since[CLOCK_ISO8601_SIZE];
    clock_format(component->since_wall_ms, since);
    json_object_set_new(json, "ready", json_boolean(component->ready));
    json_object_set_new(json, "since", json_string(since));
    if (component->detail[0] != '\0') {
        json_t *detail = json_string(component->detail);
        json_object_set_new(json, "detail", detail != NULL ? detail : json_string("(not text)"));
    }
    return json;
}

bool health_ready(FILE *out)
{
    json_t *all = json_object();
    pthread_mutex_lock(&lock);
    enum health_state state = state_now();
    for (size_t i = 0; i < component_count && out != NULL; i++)
        json_object_set_new(all, components[i].name, component_json(&components[i]));
    pthread_mutex_unlock(&lock);
    json_t *answer =
        json_pack("{s:b, s:s, s:o}", "ready", state == HEALTH_READY, "state", state_texts[state], "components", all);
    if (out != NULL) {
        json_dumpf(answer, out, JSON_INDENT(2) | JSON_SORT_KEYS);
        fputc('\n', out);
    }
    json_decref(answer);
    return state == HEALTH_READY;
}

void health_write_line(FILE *out)
{
    const char *separator = ": ";
    pthread_mutex_lock(&lock);
    fputs(state_texts[state_now()], out);
    for (size_t i = 0; i < component_count; i++) {
        if (components[i].ready)
            continue;
        fprintf(out, "%s%s (%s)", separator, components[i].name, components[i].detail);
        separator = ", ";
    }
    pthread_mutex_unlock(&lock);
}

bool health_each(void (*tell)(void *opaque, const struct health_component *component), void *opaque)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < component_count; i++) {
        const struct component *component = &components[i];
        tell(opaque, &(struct health_component){.name = component->name,
                                                .ready = component->ready,
                                                .starting = component->starting,
                                                .detail = component->detail});
    }
    bool ready = state_now() == HEALTH_READY;
    pthread_mutex_unlock(&lock);
    return ready;
}
