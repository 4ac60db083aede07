#include "ops/health.h"

#include "base/clock.h"
#include "ops/redact.h"

#include <jansson.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static struct component {
    char name[280];
    bool ready, starting;
    char detail[1024];
} components[HEALTH_MAX_COMPONENTS];
static size_t component_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int64_t last_sign_ms = -1;

static struct component *find(const char *name)
{
    for (size_t i = 0; i < component_count; i++)
        if (strcmp(components[i].name, name) == 0)
            return &components[i];
    return NULL;
}

/* NULL: there are too many. */
static struct component *find_or_add(const char *name)
{
    struct component *component = find(name);
    if (component != NULL || component_count == HEALTH_MAX_COMPONENTS)
        return component;
    component = &components[component_count++];
    *component = (struct component){.ready = false};
    snprintf(component->name, sizeof component->name, "%s", name);
    return component;
}

void health_tell(const char *name, bool ready, const char *fmt, ...)
{
    char *detail = NULL;
    if (!ready && fmt != NULL) {
        va_list args;
        va_start(args, fmt);
        if (vasprintf(&detail, fmt, args) < 0)
            abort();
        va_end(args);
        redact(detail); /* before it is cut to what there is room for */
    }
    pthread_mutex_lock(&lock);
    struct component *component = find_or_add(name);
    if (component != NULL) {
        component->ready = ready;
        component->starting = false;
        component->detail[0] = '\0';
        if (detail != NULL)
            snprintf(component->detail, sizeof component->detail, "%s", detail);
    }
    pthread_mutex_unlock(&lock);
    free(detail);
}

void health_starting(const char *name, const char *detail)
{
    pthread_mutex_lock(&lock);
    struct component *component = find_or_add(name);
    if (component != NULL) {
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

void health_alive(void)
{
    atomic_store(&last_sign_ms, clock_now_ms());
}

bool health_live(int64_t limit_ms)
{
    int64_t last_ms = atomic_load(&last_sign_ms);
    return last_ms >= 0 && clock_now_ms() - last_ms <= limit_ms;
}

bool health_ready(FILE *out)
{
    json_t *all = json_object();
    bool ready = true;
    pthread_mutex_lock(&lock);
    ready = component_count > 0;
    for (size_t i = 0; i < component_count; i++) {
        json_t *one = json_object();
        ready = ready && components[i].ready;
        json_object_set_new(one, "ready", json_boolean(components[i].ready));
        if (components[i].detail[0] != '\0') {
            json_t *detail = json_string(components[i].detail);
            json_object_set_new(one, "detail", detail != NULL ? detail : json_string("(not text)"));
        }
        json_object_set_new(all, components[i].name, one);
    }
    pthread_mutex_unlock(&lock);
    json_t *answer = json_pack("{s:b, s:o}", "ready", (int)ready, "components", all);
    if (out != NULL) {
        json_dumpf(answer, out, JSON_INDENT(2) | JSON_SORT_KEYS);
        fputc('\n', out);
    }
    json_decref(answer);
    return ready;
}

bool health_each(void (*tell)(void *opaque, const struct health_component *component), void *opaque)
{
    pthread_mutex_lock(&lock);
    bool ready = component_count > 0;
    for (size_t i = 0; i < component_count; i++) {
        const struct component *component = &components[i];
        ready = ready && component->ready;
        tell(opaque, &(struct health_component){.name = component->name,
                                                .ready = component->ready,
                                                .starting = component->starting,
                                                .detail = component->detail});
    }
    pthread_mutex_unlock(&lock);
    return ready;
}
