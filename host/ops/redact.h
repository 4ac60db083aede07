/* ops/redact.h - the second net under secrets: a library may quote one in an error, a plugin may log one.  What is
 * known to be secret becomes **** in every text that leaves the process as the log, /ready, an HTTP error, a problem of
 * the configuration or the message of a dead letter, also where it is percent-encoded, in part or whole, or stands in
 * something base64-encoded (RFC 4648, both alphabets, at any position).
 * Neighbours: plugin/masking.h, which knows what is secret; log.c, health.c and http.c here, config/problems.c and
 * plugin/host_api.c, through which texts leave. */
#ifndef SLUICE_OPS_REDACT_H
#define SLUICE_OPS_REDACT_H

/* Shorter ones are not looked for: they would be found everywhere. */
enum { REDACT_SHORTEST_BYTES = 4 };

/* [main] Before threads start.  Copied, for the life of the process.  Of a URI also its password, and what its query
 * says of passwords, secrets and tokens, as written and decoded. */
void redact_add(const char *secret);

/* [any] In place: what it leaves is never longer. */
void redact(char *text);

#endif
