#include "ops/http_connections.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <utlist.h>

/* How long a connection may stay in a phase while others come. */
static const int64_t longest_ms[] = {
    [HTTP_RECEIVING] = 10000, [HTTP_WAITING] = INT64_MAX, [HTTP_ANSWERING] = INT64_MAX, [HTTP_SENDING] = 60000};

/* How long who answers may wait for his turn, and how long somebody's sending may keep others from theirs. */
enum { LONGEST_WAIT_MS = 10000, LONGEST_AWAITED_MS = 5000 };

struct place {
    int fd;
    enum http_phase phase;
    int64_t since_ms;
    bool cut_off, has_turn;
    struct place *prev, *next;
};

struct http_connections {
    pthread_mutex_t lock;
    struct place *places; /* in the order in which they entered their phase */
    size_t count;         /* of those that are not cut off */
    size_t turns, most_turns;
    pthread_cond_t moved; /* somebody has entered another phase */
};

struct http_connections *http_connections_new(size_t most_answers)
{
    struct http_connections *connections = alloc_zeroed(1, sizeof *connections);
    connections->most_turns = most_answers > 0 ? most_answers : SIZE_MAX;
    pthread_mutex_init(&connections->lock, NULL);
    clock_condition_init(&connections->moved);
    return connections;
}

void http_connections_free(struct http_connections *connections)
{
    if (connections == NULL)
        return;
    pthread_cond_destroy(&connections->moved);
    pthread_mutex_destroy(&connections->lock);
    free(connections);
}

/* Its end is seen by libmicrohttpd, which tells us before it closes the socket. */
static void cut_off(struct http_connections *connections, struct place *place)
{
    shutdown(place->fd, SHUT_RDWR);
    place->cut_off = true;
    pthread_cond_broadcast(&connections->moved);
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

static void end_turn(struct http_connections *connections, struct place *place)
{
    connections->turns -= place->has_turn;
    place->has_turn = false;
    pthread_cond_broadcast(&connections->moved);
}

static void drop(struct http_connections *connections, struct place *place)
{
    end_turn(connections, place);
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

static struct place *place_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void http_connections_enter(struct http_connections *connections, struct MHD_Connection *connection,
                            enum http_phase phase)
{
    struct place *place = place_of(connection);
    pthread_mutex_lock(&connections->lock);
    DL_DELETE(connections->places, place);
    DL_APPEND(connections->places, place);
    place->phase = phase;
    place->since_ms = clock_now_ms();
    if (phase == HTTP_RECEIVING)
        end_turn(connections, place);
    else
        pthread_cond_broadcast(&connections->moved);
    pthread_mutex_unlock(&connections->lock);
}

/* Of those who have a turn and send; returns when the next one will have taken too long. */
static int64_t cut_off_awaited(struct http_connections *connections, int64_t now_ms)
{
    struct place *place;
    DL_FOREACH(connections->places, place)
    {
        if (!place->has_turn || place->cut_off || place->phase != HTTP_SENDING)
            continue;
        if (now_ms - place->since_ms < LONGEST_AWAITED_MS)
            return place->since_ms + LONGEST_AWAITED_MS;
        cut_off(connections, place);
    }
    return INT64_MAX;
}

bool http_connections_take_turn(struct http_connections *connections, struct MHD_Connection *connection)
{
    struct place *place = place_of(connection);
    pthread_mutex_lock(&connections->lock);
    int64_t now_ms = clock_now_ms(), until_ms = now_ms + LONGEST_WAIT_MS;
    place->phase = HTTP_WAITING;
    while (connections->turns >= connections->most_turns && now_ms < until_ms && !place->cut_off) {
        int64_t next_ms = cut_off_awaited(connections, now_ms);
        next_ms = next_ms < until_ms ? next_ms : until_ms;
        const struct timespec next = {.tv_sec = next_ms / 1000, .tv_nsec = next_ms % 1000 * 1000000};
        pthread_cond_timedwait(&connections->moved, &connections->lock, &next);
        now_ms = clock_now_ms();
    }
    place->phase = HTTP_ANSWERING;
    place->has_turn = connections->turns < connections->most_turns && !place->cut_off;
    connections->turns += place->has_turn;
    bool has_turn = place->has_turn;
    pthread_mutex_unlock(&connections->lock);
    return has_turn;
}
