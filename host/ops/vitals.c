#include "ops/vitals.h"

#include "ops/health.h"
#include "ops/metrics.h"

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* The values of /proc/self/status that are measured, in bytes. */
struct memory {
    uint64_t virtual_bytes, rss_bytes, peak_bytes;
};

static struct memory memory_of_process(void)
{
    struct memory memory = {.rss_bytes = 0};
    const struct {
        const char *format;
        uint64_t *bytes;
    } wanted[] = {{"VmSize: %llu", &memory.virtual_bytes},
                  {"VmRSS: %llu", &memory.rss_bytes},
                  {"VmHWM: %llu", &memory.peak_bytes}};
    char line[256];
    unsigned long long kib;
    FILE *status = fopen("/proc/self/status", "re");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
            if (sscanf(line, wanted[i].format, &kib) == 1)
                *wanted[i].bytes = kib * 1024;
    if (status != NULL)
        fclose(status);
    return memory;
}

void process_memory(uint64_t *rss_bytes, uint64_t *peak_bytes)
{
    struct memory memory = memory_of_process();
    *rss_bytes = memory.rss_bytes;
    *peak_bytes = memory.peak_bytes;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* The 22nd field of /proc/self/stat is the start, in ticks since the machine's. */
static double start_time_seconds(void)
{
    char stat[1024] = "";
    unsigned long long ticks = 0;
    struct timespec wall, boot;
    FILE *in = fopen("/proc/self/stat", "re");
    if (in != NULL) {
        stat[fread(stat, 1, sizeof stat - 1, in)] = '\0';
        fclose(in);
    }
    const char *at = strrchr(stat, ')'); /* behind the program's name, which may hold anything */
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL || sscanf(at, " %llu", &ticks) != 1)
        return 0;
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_BOOTTIME, &boot);
    return (double)(wall.tv_sec - boot.tv_sec) + (double)(wall.tv_nsec - boot.tv_nsec) / 1e9 +
           (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static double open_descriptors(void)
{
    double count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir != NULL && readdir(dir) != NULL)
        count++;
    if (dir != NULL)
        closedir(dir);
    return count > 3 ? count - 3 : 0; /* ".", ".." and the folder itself */
}

static double most_descriptors(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur == RLIM_INFINITY ? INFINITY : (double)limit.rlim_cur;
}

/* ---- The families ----------------------------------------------------------------------------------- */

enum vital { CPU, OPEN_FDS, MAX_FDS, VIRTUAL_MEMORY, RESIDENT_MEMORY, PEAK_MEMORY, START_TIME, READY, COMPONENT_READY };

static const char *const no_labels[] = {NULL};
static const char *const by_component[] = {"component", NULL};

static const struct row {
    const char *name;
    sluice_metric_kind kind;
    const char *unit, *help;
    const char *const *labels;
} rows[] = {
    [CPU] = {"process_cpu", SLUICE_COUNTER, "seconds", "Total user and system CPU time spent.", no_labels},
    [OPEN_FDS] = {"process_open_fds", SLUICE_GAUGE, NULL, "Open file descriptors.", no_labels},
    [MAX_FDS] = {"process_max_fds", SLUICE_GAUGE, NULL, "Most file descriptors that may be open.", no_labels},
    [VIRTUAL_MEMORY] = {"process_virtual_memory", SLUICE_GAUGE, "bytes", "Virtual memory size.", no_labels},
    [RESIDENT_MEMORY] = {"process_resident_memory", SLUICE_GAUGE, "bytes", "Resident memory size.", no_labels},
    [PEAK_MEMORY] = {"process_resident_memory_peak", SLUICE_GAUGE, "bytes", "Largest resident memory size so far.",
                     no_labels},
    [START_TIME] = {"process_start_time", SLUICE_GAUGE, "seconds", "When the process started, in seconds since 1970.",
                    no_labels},
    [READY] = {"sluice_ready", SLUICE_GAUGE, NULL, "1: /ready is green. 0: it is not.", no_labels},
    [COMPONENT_READY] = {"sluice_component_ready", SLUICE_GAUGE, NULL,
                         "1: /ready has nothing to say against the component. 0: it tells the cause.", by_component},
};
enum { VITAL_COUNT = sizeof rows / sizeof rows[0] };

static struct metric_family *families[VITAL_COUNT];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* one measures at a time: a sweep is about what it has set */
static double started;

void vitals_init(void)
{
    for (size_t i = 0; i < VITAL_COUNT; i++)
        families[i] = metrics_family(rows[i].name, rows[i].kind, rows[i].unit, rows[i].help, rows[i].labels);
    started = start_time_seconds(); /* once: the wall clock may be set */
}

static void set(enum vital vital, double value)
{
    metric_set(metrics_series(families[vital], (const char *const[]){NULL}), value);
}

static void set_component(void *opaque, const struct health_component *component)
{
    (void)opaque;
    metric_set(metrics_series(families[COMPONENT_READY], (const char *const[]){component->name, NULL}),
               component->ready ? 1 : 0);
}

void vitals_measure(void)
{
    struct memory memory = memory_of_process();
    pthread_mutex_lock(&lock);
    set(CPU, cpu_seconds());
    set(OPEN_FDS, open_descriptors());
    set(MAX_FDS, most_descriptors());
    set(VIRTUAL_MEMORY, (double)memory.virtual_bytes);
    set(RESIDENT_MEMORY, (double)memory.rss_bytes);
    set(PEAK_MEMORY, (double)memory.peak_bytes);
    set(START_TIME, started);
    set(READY, health_each(set_component, NULL) ? 1 : 0);
    metrics_sweep(families[COMPONENT_READY]); /* one that was forgotten disappears */
    pthread_mutex_unlock(&lock);
}
