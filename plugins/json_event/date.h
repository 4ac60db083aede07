/* plugins/json_event/date.h - YYYY-MM-DDTHH:MM:SS[.digits][Z|+HH[:]MM|-HH[:]MM] to milliseconds: RFC 3339's date-time
 * without its lower case, with the zone left out meaning UTC (as Python prints naive times), years 0001 to 9999. */
#ifndef SLUICE_JSON_EVENT_DATE_H
#define SLUICE_JSON_EVENT_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ms: since 1970 UTC, floored, as pymongo floors.  False: no date, or an impossible one (29 February 2023, 24:00:01).
 */
bool date_parse(const char *text, size_t size, int64_t *ms);

#endif
