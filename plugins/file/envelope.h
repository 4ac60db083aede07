/* plugins/file/envelope.h - a record as one line of JSON:
 * {"topic":…,"partition":…,"offset":…,"timestamp":…,"key":…,"headers":[{"name":…,"value":…}],"value":…}
 * Bytes are a string when they are UTF-8, else {"hex":"00ff"}; null is null.  A JSON value is itself, a BSON value
 * relaxed extended JSON. */
#ifndef SLUICE_FILE_ENVELOPE_H
#define SLUICE_FILE_ENVELOPE_H

#include "sluice/abi.h"

#include <stdio.h>

/* False: the value is not what its format says; nothing was written. */
bool envelope_write(const sluice_record *record, FILE *out);

#endif
