/* commands/dlq_edit.h - a letter's value changed before it is sent: by a patch file, or in an editor.
 * Neighbours: dlq_replay.c, dlq/patch.h. */
#ifndef SLUICE_COMMANDS_DLQ_EDIT_H
#define SLUICE_COMMANDS_DLQ_EDIT_H

#include "commands/dlq.h"
#include "dlq/patch.h"

struct dlq_edit {
    const struct dlq_work *work;
    json_t *patch; /* NULL: in the editor */
    bool quiet;    /* differences are not shown */
};

/* Reads FILE ("-": standard input) as a JSON merge patch. */
int dlq_edit_read_patch(struct dlq_edit *edit, const char *file, struct error *error);

/* As replay_options.edit wants them; opaque is the struct dlq_edit.  Each shows the difference. */
int dlq_edit_patch(void *edit, const struct entry *entry, struct arena *arena, sluice_bytes *value, struct error *why);
int dlq_edit_in_editor(void *edit, const struct entry *entry, struct arena *arena, sluice_bytes *value,
                       struct error *why);

#endif
