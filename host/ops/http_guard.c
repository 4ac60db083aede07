#include "ops/http_guard.h"

#include "base/alloc.h"

#include <nettle/base64.h>
#include <nettle/memops.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A host without its port; brackets stay. */
static size_t name_size(const char *host)
{
    const char *end = host[0] == '[' ? strchr(host, ']') : NULL;
    return end != NULL ? (size_t)(end - host) + 1 : strcspn(host, ":");
}

static bool is_named(const char *host, const char *name)
{
    size_t size = name_size(host);
    return strlen(name) == size && strncasecmp(host, name, size) == 0;
}

static bool is_known(const struct http_settings *settings, const char *host)
{
    static const char *const own[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (is_named(host, own[i]))
            return true;
    for (size_t i = 0; i < settings->hosts.count; i++)
        if (is_named(host, settings->hosts.items[i]))
            return true;
    size_t size = name_size(settings->listen);
    return size == name_size(host) && strncasecmp(host, settings->listen, size) == 0;
}

/* Takes the same time wherever they differ. */
static bool is_token(const struct http_settings *settings, const char *given, size_t size)
{
    return size == strlen(settings->token) && memeql_sec(given, settings->token, size) == 1;
}

/* The token as the password of anybody: clients of Kafka Connect's know no other way. */
static bool is_basic(const struct http_settings *settings, const char *encoded)
{
    struct base64_decode_ctx decoding;
    size_t size = BASE64_DECODE_LENGTH(strlen(encoded));
    char *decoded = alloc_zeroed(size + 1, 1);
    base64_decode_init(&decoding);
    bool is = base64_decode_update(&decoding, &size, (uint8_t *)decoded, strlen(encoded), encoded) == 1 &&
              base64_decode_final(&decoding) == 1;
    const char *colon = is ? memchr(decoded, ':', size) : NULL;
    is = colon != NULL && is_token(settings, colon + 1, size - (size_t)(colon + 1 - decoded));
    free(decoded);
    return is;
}

enum proof { PROOF_NONE, PROOF_BASIC, PROOF_BEARER };

static enum proof proof_of(const struct http_settings *settings, const char *authorization)
{
    static const char bearer[] = "Bearer ", basic[] = "Basic ";
    if (settings->token == NULL || authorization == NULL)
        return PROOF_NONE;
    const char *given = authorization + sizeof bearer - 1;
    if (strncasecmp(authorization, bearer, sizeof bearer - 1) == 0)
        return is_token(settings, given, strlen(given)) ? PROOF_BEARER : PROOF_NONE;
    if (strncasecmp(authorization, basic, sizeof basic - 1) == 0)
        return is_basic(settings, authorization + sizeof basic - 1) ? PROOF_BASIC : PROOF_NONE;
    return PROOF_NONE;
}

static bool is_same_origin(const char *origin, const char *host)
{
    const char *name = strstr(origin, "://");
    return name != NULL && strcasecmp(name + 3, host) == 0;
}

unsigned http_guard(const struct http_settings *settings, enum http_access access,
                    const struct http_credentials *credentials, const char **why)
{
    *why = NULL;
    if (!settings->guarded)
        return 0;
    if (credentials->host == NULL || !is_known(settings, credentials->host)) {
        *why = "this Host is not one of ours (admin.hosts names others)";
        return 421;
    }
    enum proof proof = proof_of(settings, credentials->authorization);
    if (access == HTTP_ASSET || proof == PROOF_BEARER)
        return 0;
    if (settings->token != NULL && proof == PROOF_NONE) {
        *why = "wanted Authorization: Bearer with the token of admin.token, or Basic with it as the password";
        return 401;
    }
    if (credentials->fetch_site != NULL && strcmp(credentials->fetch_site, "same-origin") != 0 &&
        strcmp(credentials->fetch_site, "none") != 0) {
        *why = "another site's page asks";
        return 403;
    }
    if (access == HTTP_CHANGE && credentials->origin != NULL &&
        !is_same_origin(credentials->origin, credentials->host)) {
        *why = "a page may change something only if it is this server's own: wanted an Origin that is the Host";
        return 403;
    }
    return 0;
}
