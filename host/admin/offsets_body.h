/* admin/offsets_body.h - offsets as Kafka Connect writes them (ConnectorOffsets, SinkUtils of Kafka 4.1):
 * {"offsets": [{"partition": {"kafka_topic": …, "kafka_partition": …}, "offset": {"kafka_offset": …} or null}]}.  Pure.
 * Neighbours: connect_offsets.c, consumer_group.h. */
#ifndef SLUICE_ADMIN_OFFSETS_BODY_H
#define SLUICE_ADMIN_OFFSETS_BODY_H

#include "base/error.h"

#include <jansson.h>
#include <librdkafka/rdkafka.h>

/* Numbers may be texts, as in Connect.  A null offset is RD_KAFKA_OFFSET_INVALID.  The list is the caller's; 0, or -1
 * with what is wrong and where. */
int offsets_body_parse(const json_t *body, rd_kafka_topic_partition_list_t **offsets, struct error *error);

json_t *offsets_body_json(const rd_kafka_topic_partition_list_t *offsets);

#endif
