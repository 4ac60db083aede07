#include "base/clock.h"

#include <string.h>
#include <time.h>

static int64_t read_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_now_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_now_ms(void)
{
    return clock_now_ns() / 1000000;
}

int64_t clock_wall_ms(void)
{
    return read_ns(CLOCK_REALTIME) / 1000000;
}

void clock_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Digits from the last to the first. */
static void write_number(char *end, int width, int64_t number)
{
    for (; width > 0; width--, number /= 10)
        *--end = (char)('0' + number % 10);
}

/* The proleptic Gregorian calendar, in years that begin with March: a leap day is the last of its year. */
static void write_date(char *text, int64_t days)
{
    enum { DAYS_IN_400_YEARS = 146097, FROM_MARCH_OF_0_TO_1970 = 719468 };
    days += FROM_MARCH_OF_0_TO_1970;
    int64_t era = (days >= 0 ? days : days - DAYS_IN_400_YEARS + 1) / DAYS_IN_400_YEARS;
    int64_t day = days - era * DAYS_IN_400_YEARS;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    int64_t month = (5 * day + 2) / 153;
    write_number(text + 10, 2, day - (153 * month + 2) / 5 + 1);
    write_number(text + 7, 2, month < 10 ? month + 3 : month - 9);
    write_number(text + 4, 4, year + era * 400 + (month >= 10));
}

void clock_format(int64_t wall_ms, char text[CLOCK_ISO8601_SIZE])
{
    enum { DAY_MS = 86400000 };
    static const int64_t first_ms = -62167219200000, last_ms = 253402300799999; /* years 0000 to 9999 */
    wall_ms = wall_ms < first_ms ? first_ms : wall_ms > last_ms ? last_ms : wall_ms;
    int64_t days = wall_ms / DAY_MS - (wall_ms % DAY_MS < 0), ms = wall_ms - days * DAY_MS;
    memcpy(text, "0000-00-00T00:00:00.000Z", CLOCK_ISO8601_SIZE);
    write_date(text, days);
    write_number(text + 13, 2, ms / 3600000);
    write_number(text + 16, 2, ms / 60000 % 60);
    write_number(text + 19, 2, ms / 1000 % 60);
    write_number(text + 23, 3, ms % 1000);
}
