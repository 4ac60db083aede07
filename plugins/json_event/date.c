#include "date.h"

struct scan {
    const char *at, *end;
};

static bool digits(struct scan *scan, int count, int least, int most, int *number)
{
    *number = 0;
    for (int i = 0; i < count; i++, scan->at++) {
        if (scan->at == scan->end || *scan->at < '0' || *scan->at > '9')
            return false;
        *number = *number * 10 + (*scan->at - '0');
    }
    return *number >= least && *number <= most;
}

static bool is(struct scan *scan, char wanted)
{
    if (scan->at == scan->end || *scan->at != wanted)
        return false;
    scan->at++;
    return true;
}

/* Any number of digits; those behind the third are floored away. */
static bool fraction(struct scan *scan, int *ms)
{
    int count = 0;
    *ms = 0;
    for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++, count++)
        if (count < 3)
            *ms = *ms * 10 + (*scan->at - '0');
    for (int i = count; i < 3; i++)
        *ms *= 10;
    return count > 0;
}

static bool zone(struct scan *scan, int *minutes)
{
    int hour, minute;
    *minutes = 0;
    if (scan->at == scan->end || is(scan, 'Z'))
        return true;
    bool west = *scan->at == '-';
    if (!west && *scan->at != '+')
        return false;
    scan->at++;
    if (!digits(scan, 2, 0, 23, &hour))
        return false;
    is(scan, ':');
    if (!digits(scan, 2, 0, 59, &minute))
        return false;
    *minutes = (west ? -1 : 1) * (hour * 60 + minute);
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms"). */
static int64_t days_since_1970(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

bool date_parse(const char *text, size_t size, int64_t *ms)
{
    struct scan scan = {text, text + size};
    int year, month, day, hour, minute, second, fraction_ms = 0, offset_minutes;
    if (!digits(&scan, 4, 1, 9999, &year) || !is(&scan, '-') || !digits(&scan, 2, 1, 12, &month) || !is(&scan, '-') ||
        !digits(&scan, 2, 1, days_in(year, month), &day) || !is(&scan, 'T') || !digits(&scan, 2, 0, 23, &hour) ||
        !is(&scan, ':') || !digits(&scan, 2, 0, 59, &minute) || !is(&scan, ':') || !digits(&scan, 2, 0, 59, &second))
        return false;
    if (is(&scan, '.') && !fraction(&scan, &fraction_ms))
        return false;
    if (!zone(&scan, &offset_minutes) || scan.at != scan.end)
        return false;
    int64_t minutes = days_since_1970(year, month, day) * 1440 + hour * 60 + minute - offset_minutes;
    *ms = (minutes * 60 + second) * 1000 + fraction_ms;
    return true;
}
