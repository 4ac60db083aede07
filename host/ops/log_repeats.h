/* ops/log_repeats.h - keeps a line that comes again and again from filling the disk: within a window of 10 s the first
 * 5 are written, the others counted, and when it is over one line tells how many there were, with the last one's text.
 * Repeats are lines of the same level, area, plugin, task, topic and partition with the same about->repeats or, where
 * that is NULL, the same text; numbers in it are not looked at where it is a library's or a plugin's, which count and
 * measure.  Windows are 128 at most; lines that find none are written.
 * Neighbour: log.h. */
#ifndef SLUICE_OPS_LOG_REPEATS_H
#define SLUICE_OPS_LOG_REPEATS_H

#include "ops/log.h"

enum { LOG_REPEATS_WINDOW_MS = 10000, LOG_REPEATS_WRITTEN = 5, LOG_REPEATS_WINDOWS = 128 };

/* [any] True: the line is counted and not to be written.  now_ms: clock_now_ms(). */
bool log_repeats_count(int64_t now_ms, sluice_level level, const struct log_about *about, const char *message);

/* [any] Tells of the windows that are over, all: of every one, "… 312 more in 10 s: <the last one's text>". */
void log_repeats_tell(int64_t now_ms, bool all,
                      void (*tell)(sluice_level level, const struct log_about *about, const char *message,
                                   uint64_t repeats));

#endif
