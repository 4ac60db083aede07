#include "sink.h"

#include "sluice/sluice.h"

enum { LONGEST_MS = 60000 };

int64_t sink_patience_ms(const struct sink *sink)
{
    int64_t left_ms = sluice_api->time_left_ms(sink->context);
    int32_t socket_ms =
        mongoc_uri_get_option_as_int32(mongoc_client_get_uri(sink->client), MONGOC_URI_SOCKETTIMEOUTMS, LONGEST_MS);
    if (socket_ms <= 0 || socket_ms > LONGEST_MS)
        socket_ms = LONGEST_MS;
    return left_ms < socket_ms ? left_ms : socket_ms;
}
