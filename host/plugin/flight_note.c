#include "plugin/flight_note.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static _Thread_local const struct flight_note *here;
static _Thread_local struct flight_note own;

struct flight_note *flight_note_new(void)
{
    void *page = mmap(NULL, sizeof(struct flight_note), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        abort();
    return page; /* the kernel has cleared it */
}

void flight_note_free(struct flight_note *note)
{
    if (note != NULL)
        munmap(note, sizeof *note);
}

/* ---- Leaving it ----------------------------------------------------------------------------------- */

static struct flight_coordinates coordinates_of(const struct sluice_record *record)
{
    return (struct flight_coordinates){record->view.topic, record->view.partition, record->view.offset};
}

void flight_note_begin(struct flight_note *note, const char *plugin, const char *section, const char *call,
                       int32_t task, const sluice_batch *batch)
{
    if (note == NULL)
        note = &own;
    here = note;
    atomic_store(&note->section, section);
    atomic_store(&note->call, call);
    atomic_store(&note->records, batch != NULL ? batch->count : 0);
    note->task = task;
    if (batch != NULL && batch->count > 0) {
        note->first = coordinates_of(batch->records[0]);
        note->last = coordinates_of(batch->records[batch->count - 1]);
    }
    atomic_store(&note->since_ms, clock_now_ms());
    atomic_store(&note->plugin, plugin);
}

void flight_note_end(struct flight_note *note)
{
    here = NULL;
    atomic_store(&(note != NULL ? note : &own)->plugin, NULL);
}

/* ---- Telling it ----------------------------------------------------------------------------------- */

bool flight_note_tell(const struct flight_note *note, char *text, size_t size)
{
    const char *plugin = atomic_load(&note->plugin);
    if (plugin == NULL)
        return false;
    double seconds = (double)(clock_now_ms() - atomic_load(&note->since_ms)) / 1000;
    snprintf(text, size, "%s [%s] %s(), %zu records, for %.1f s", plugin, atomic_load(&note->section),
             atomic_load(&note->call), atomic_load(&note->records), seconds);
    return true;
}

const struct flight_note *flight_note_here(void)
{
    return here;
}

static void add_coordinates(struct plain *text, const struct flight_coordinates *coordinates)
{
    plain_add(text, coordinates->topic);
    plain_add(text, "[");
    plain_add_number(text, coordinates->partition);
    plain_add(text, "]@");
    plain_add_number(text, coordinates->offset);
}

void flight_note_tell_crash(const struct flight_note *note, struct plain *text)
{
    size_t records = atomic_load(&note->records);
    plain_add(text, " in ");
    plain_add(text, atomic_load(&note->call));
    plain_add(text, "()");
    if (atomic_load(&note->section) != NULL) {
        plain_add(text, " of [");
        plain_add(text, atomic_load(&note->section));
        plain_add(text, "]");
    }
    if (records == 0)
        return;
    plain_add(text, ", ");
    plain_add_number(text, (int64_t)records);
    plain_add(text, records == 1 ? " record, " : " records from ");
    add_coordinates(text, &note->first);
    if (records > 1) {
        plain_add(text, " to ");
        add_coordinates(text, &note->last);
    }
}
