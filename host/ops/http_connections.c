#include "ops/http_connections.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <utlist.h>

/* How long a connection may stay in a phase while others come. */
static const int64_t longest_ms[] = {[HTTP_RECEIVING] = 10000, [HTTP_ANSWERING] = INT64_MAX, [HTTP_SENDING] = 60000};

struct place {
    int fd;
    enum http_phase phase;
    int64_t since_ms;
    bool cut_off;
    struct place *prev, *next;
};

struct http_connections {
    pthread_mutex_t lock;
    struct place *places; /* in the order in which they entered their phase */
    size_t count;         /* of those that are not cut off */
};

struct http_connections *http_connections_new(void)
{
    struct http_connections *connections = alloc_zeroed(1, sizeof *connections);
    pthread_mutex_init(&connections->lock, NULL);
    return connections;
}

void http_connections_free(struct http_connections *connections)
{
    if (connections == NULL)
        return;
    pthread_mutex_destroy(&connections->lock);
    free(connections);
}

/* Its end is seen by libmicrohttpd, which tells us before it closes the socket. */
static void cut_off(struct http_connections *connections, struct place *place)
{
    shutdown(place->fd, SHUT_RDWR);
    place->cut_off = true;
    connections->count--;
}

static void make_room(struct http_connections *connections, int64_t now_ms)
{
    struct place *place;
    DL_FOREACH(connections->places, place)
    {
        bool full = connections->count >= HTTP_MOST_CONNECTIONS && place->phase != HTTP_ANSWERING;
        if (!place->cut_off && (full || now_ms - place->since_ms > longest_ms[place->phase]))
            cut_off(connections, place);
    }
}

static void *add(struct http_connections *connections, struct MHD_Connection *connection)
{
    struct place *place = alloc_zeroed(1, sizeof *place);
    *place = (struct place){.fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
                            .phase = HTTP_RECEIVING,
                            .since_ms = clock_now_ms()};
    make_room(connections, place->since_ms);
    DL_APPEND(connections->places, place);
    connections->count++;
    return place;
}

static void drop(struct http_connections *connections, struct place *place)
{
    DL_DELETE(connections->places, place);
    connections->count -= !place->cut_off;
    free(place);
}

void http_connections_notify(void *connections_, struct MHD_Connection *connection, void **place,
                             enum MHD_ConnectionNotificationCode what)
{
    struct http_connections *connections = connections_;
    pthread_mutex_lock(&connections->lock);
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        *place = add(connections, connection);
    else
        drop(connections, *place);
    pthread_mutex_unlock(&connections->lock);
}

void http_connections_enter(struct http_connections *connections, struct MHD_Connection *connection,
                            enum http_phase phase)
{
    struct place *place = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    pthread_mutex_lock(&connections->lock);
    DL_DELETE(connections->places, place);
    DL_APPEND(connections->places, place);
    place->phase = phase;
    place->since_ms = clock_now_ms();
    pthread_mutex_unlock(&connections->lock);
}
