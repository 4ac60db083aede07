/* dlq/patch.h - a letter's value changed: by a JSON merge patch (RFC 7386), and what is different afterwards.
 * Neighbours: replay.h (sends what comes of it), commands/dlq_edit.c. */
#ifndef SLUICE_DLQ_PATCH_H
#define SLUICE_DLQ_PATCH_H

#include "base/arena.h"
#include "base/error.h"
#include "sluice/abi.h"

#include <jansson.h>
#include <stdio.h>

/* The value with the patch applied, in the arena.  A value that is no JSON cannot be patched. */
int patch_apply(const json_t *patch, sluice_bytes value, struct arena *arena, sluice_bytes *patched,
                struct error *error);

/* A line for each member that differs, "- name: …" and "+ name: …"; for what is no JSON the sizes and where they part.
 */
void patch_show(FILE *out, sluice_bytes before, sluice_bytes after);

#endif
