/* plugin/flight_note.h - what is left before each call into a plugin (plugin, section, call, records), so that a hang
 * or a crash can be told.  Neighbours: instance.h, loader.h (which call), crash.h (which tells). */
#ifndef SLUICE_PLUGIN_FLIGHT_NOTE_H
#define SLUICE_PLUGIN_FLIGHT_NOTE_H

#include "base/plain.h"
#include "plugin/boundary.h"

struct flight_coordinates {
    const char *topic; /* lives as long as the call */
    int32_t partition;
    int64_t offset;
};

/* Readable by another thread and from a signal handler. */
struct flight_note {
    _Atomic(const char *) plugin;  /* NULL: no call under way */
    _Atomic(const char *) call;    /* "put", "open" */
    _Atomic(const char *) section; /* NULL: the call is of no section: load(), unload() */
    _Atomic int64_t since_ms;      /* clock_now_ms() */
    atomic_size_t records;
    /* For the same thread's signal handler alone. */
    int32_t task;                          /* -1: none */
    struct flight_coordinates first, last; /* of the call's records, as the plugin sees them; where there are any */
};

struct flight_note *flight_note_new(void); /* in memory made for it, beside the heap */
void flight_note_free(struct flight_note *note);

/* Around a call, by the thread that makes it.  note: NULL is the thread's own, for calls that no other thread waits
 * for.  section NULL, task -1, batch NULL: none.  Texts and records live as long as the call. */
void flight_note_begin(struct flight_note *note, const char *plugin, const char *section, const char *call,
                       int32_t task, const sluice_batch *batch);
void flight_note_end(struct flight_note *note);

/* "mongodb-image [sink.images] put(), 1200 records, for 15.2 s"; false when no call is under way. */
bool flight_note_tell(const struct flight_note *note, char *text, size_t size);
/* The note of the call that this thread is in; NULL: it is in none.  Async-signal-safe, as is telling it:
 * " in put() of [sink.images], 1200 records from potato[0]@17 to potato[0]@1216". */
const struct flight_note *flight_note_here(void);
void flight_note_tell_crash(const struct flight_note *note, struct plain *text);

#endif
