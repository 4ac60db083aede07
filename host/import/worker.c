/* import/worker.c - what of a worker's own file is about a sink: where the brokers are, and how offsets are committed.
 * Its clients' keys (consumer., producer.) are client.c's; what secures the worker's own topics is not for the sinks.
 * Neighbour: tables.h. */
#include "import/tables.h"

static const struct mapping rows[] = {
    {"bootstrap.servers", .map = map_copy, .section = "kafka"},
    {"offset.flush.interval.ms", .map = map_copy, .section = "pipeline"},
    {"task.shutdown.graceful.timeout.ms", .map = map_copy, .section = "pipeline"},
};

const struct mapping_table worker_table = {rows, sizeof rows / sizeof rows[0]};
