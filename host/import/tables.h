/* import/tables.h - the tables, a file each: what each key of a Kafka Connect configuration becomes.
 * Neighbours: mapping.h (the rows), import.c, which applies them. */
#ifndef SLUICE_IMPORT_TABLES_H
#define SLUICE_IMPORT_TABLES_H

#include "import/mapping.h"

/* framework.c: what every sink connector has (org.apache.kafka.connect.runtime.SinkConnectorConfig of 4.1). */
extern const struct mapping_table framework_table;
/* mongodb.c: com.mongodb.kafka.connect.sink.MongoSinkConfig of 2.0.1, and what earlier releases had. */
extern const struct mapping_table mongodb_table;
/* client.c: org.apache.kafka.clients of 4.1 as librdkafka's properties; what both clients have, and what one has. */
extern const struct mapping_table client_table, consumer_table, producer_table;
/* worker.c: what of a worker's own file is about a sink. */
extern const struct mapping_table worker_table;

#endif
