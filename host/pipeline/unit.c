#include "pipeline/unit.h"

void unit_append(struct unit *unit, struct record *record)
{
    record->next = NULL;
    if (unit->last != NULL)
        unit->last->next = record;
    else
        unit->first = record;
    unit->last = record;
    unit->count++;
    unit->bytes += record->bytes;
}

void unit_put_back(struct unit *unit, struct record *record)
{
    record->next = unit->first;
    unit->first = record;
    if (unit->last == NULL)
        unit->last = record;
    unit->count++;
    unit->bytes += record->bytes;
}

struct record *unit_take(struct unit *unit)
{
    struct record *record = unit->first;
    if (record == NULL)
        return NULL;
    unit->first = record->next;
    if (unit->first == NULL)
        unit->last = NULL;
    unit->count--;
    unit->bytes -= record->bytes;
    record->next = NULL;
    return record;
}

void unit_clear(struct unit *unit)
{
    for (struct record *record; (record = unit_take(unit)) != NULL;)
        record_free(record);
}
