/* ops/http_connections.h - who is connected to a listener, and who is cut off so that others are answered.
 *
 * libmicrohttpd ends a connection on which nothing happens; one on which a byte comes now and then it would keep for
 * ever, and when all places are taken it accepts nobody.  So whoever comes makes room: what has taken too long is cut
 * off, and when it is full, so is the one that has been in its phase for longest.  Idle and slow clients, however many,
 * keep nobody out for longer than it takes to accept them.
 *
 * An answer costs memory until it has been sent.  Where there are most_answers of them, the next one waits until one is
 * through, and one that has been sent for too long is cut off.
 * Neighbour: http.c. */
#ifndef SLUICE_OPS_HTTP_CONNECTIONS_H
#define SLUICE_OPS_HTTP_CONNECTIONS_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

enum { HTTP_MOST_CONNECTIONS = 64 };

/* A connection begins by RECEIVING, and does again after each answer; it is WAITING for its turn to be answered. */
enum http_phase { HTTP_RECEIVING, HTTP_WAITING, HTTP_ANSWERING, HTTP_SENDING };

struct http_connections;

struct http_connections *http_connections_new(size_t most_answers); /* 0: without a bound */
/* After the daemon has stopped; NULL is fine. */
void http_connections_free(struct http_connections *connections);

/* [any] libmicrohttpd's MHD_NotifyConnectionCallback. */
void http_connections_notify(void *connections, struct MHD_Connection *connection, void **place,
                             enum MHD_ConnectionNotificationCode what);
/* [any] One that is ANSWERING is ours to finish, and is not cut off. */
void http_connections_enter(struct http_connections *connections, struct MHD_Connection *connection,
                            enum http_phase phase);
/* [any] Waits for its turn, until it is RECEIVING again: one of most_answers.  False: there was none for too long,
 * or it has been cut off. */
bool http_connections_take_turn(struct http_connections *connections, struct MHD_Connection *connection);

#endif
