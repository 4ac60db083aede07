#include "pipeline/broker_trouble.h"

#include <openssl/x509_vfy.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ECHO_MS = 10000 };
#define UNVERIFIED "certificate verify failed" /* OpenSSL's words */

/* ---- Certificates --------------------------------------------------------------------------------- */

/* Of the last one that was not accepted, by any client of this process: they all verify with the same options. */
static atomic_int certificate_error;

static int verify(rd_kafka_t *client, const char *broker, int32_t node, int *error, int depth, const char *certificate,
                  size_t size, char *why, size_t why_size, void *opaque)
{
    (void)client, (void)broker, (void)node, (void)depth, (void)certificate, (void)size, (void)opaque;
    if (*error == X509_V_OK)
        return 1;
    atomic_store(&certificate_error, *error);
    snprintf(why, why_size, "%s", X509_verify_cert_error_string(*error));
    return 0;
}

void broker_trouble_watch_certificates(rd_kafka_conf_t *conf)
{
    char wanted[8] = "";
    size_t size = sizeof wanted;
    /* Where nothing is verified, the callback would still be asked and its answer logged. */
    if (rd_kafka_conf_get(conf, "enable.ssl.certificate.verification", wanted, &size) == RD_KAFKA_CONF_OK &&
        strcmp(wanted, "true") == 0)
        rd_kafka_conf_set_ssl_cert_verify_cb(conf, verify);
}

/* ---- A reason, taken apart ------------------------------------------------------------------------ */

/* "sasl_ssl://host:9092/1: Failed to resolve ... (after 3ms in state CONNECT)", ".../bootstrap: ..." or
 * "GroupCoordinator: host:9092: ...". */
struct reason {
    char address[300]; /* "host:9092"; "": it names no broker */
    char who[40];      /* "broker 1", "the group coordinator"; "": a bootstrap server */
    int32_t node;      /* -1: not known */
    char what[512];
};

/* The address in front of the colon, without its scheme and with what stands behind the slash; false: there is none. */
static bool take_address(const char *text, size_t size, struct reason *reason)
{
    const char *scheme = memmem(text, size, "://", strlen("://"));
    const char *address = scheme != NULL ? scheme + strlen("://") : text;
    const char *end = text + size, *slash = memrchr(address, '/', (size_t)(end - address));
    const char *address_end = slash != NULL ? slash : end;
    bool named = slash != NULL || reason->who[0] != '\0';
    if (!named || memchr(address, ':', (size_t)(address_end - address)) == NULL)
        return false;
    if (slash != NULL && strncmp(slash + 1, "bootstrap", strlen("bootstrap")) != 0) {
        reason->node = (int32_t)strtol(slash + 1, NULL, 10);
        snprintf(reason->who, sizeof reason->who, "broker %d", (int)reason->node);
    }
    snprintf(reason->address, sizeof reason->address, "%.*s", (int)(address_end - address), address);
    return true;
}

static void take_apart(const char *text, struct reason *reason)
{
    static const char coordinator[] = "GroupCoordinator: ";
    *reason = (struct reason){.node = -1};
    if (strncmp(text, coordinator, strlen(coordinator)) == 0) {
        snprintf(reason->who, sizeof reason->who, "the group coordinator");
        text += strlen(coordinator);
    }
    const char *colon = strstr(text, ": ");
    if (colon != NULL && take_address(text, (size_t)(colon - text), reason))
        text = colon + strlen(": ");
    snprintf(reason->what, sizeof reason->what, "%s", text);
    char *noise = strstr(reason->what, " (after ");
    if (noise != NULL)
        *noise = '\0';
}

int32_t broker_trouble_node(const char *text)
{
    struct reason reason;
    take_apart(text, &reason);
    return reason.node;
}

/* ---- In words ------------------------------------------------------------------------------------- */

/* OpenSSL's words for what a broker answers to a client without a certificate, and to one that it does not trust. */
static const char *hint_of(const char *what)
{
    bool certificate = strstr(what, "alert bad certificate") != NULL ||
                       strstr(what, "alert certificate required") != NULL || strstr(what, "alert unknown ca") != NULL;
    return certificate ? ": it wants a client certificate that it trusts, look at ssl.certificate.location" : "";
}

static void tell_plainly(const struct reason *reason, char *text, size_t size)
{
    bool has_who = reason->who[0] != '\0', has_address = reason->address[0] != '\0';
    snprintf(text, size, "%s%s%s%s%s%s", reason->who, has_who ? " at " : "", reason->address, has_address ? ": " : "",
             reason->what, hint_of(reason->what));
}

static void tell_resolve(const struct reason *reason, char *text, size_t size)
{
    const char *why = strstr(reason->what, "': ");
    why = why != NULL ? why + strlen("': ") : reason->what;
    if (reason->who[0] != '\0')
        snprintf(text, size,
                 "the bootstrap server answers, but %s advertises %s, which does not resolve here (%s): look at the "
                 "broker's advertised.listeners",
                 reason->who, reason->address, why);
    else
        snprintf(text, size, "%s does not resolve here (%s)", reason->address, why);
}

static void tell_tls(const struct reason *reason, char *text, size_t size)
{
    int error = atomic_load(&certificate_error);
    if (strstr(reason->what, UNVERIFIED) == NULL || error == X509_V_OK) {
        tell_plainly(reason, text, size);
        return;
    }
    bool misnamed = error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH;
    snprintf(text, size, "%s: the broker's certificate is not accepted (%s): look at %s", reason->address,
             X509_verify_cert_error_string(error),
             misnamed ? "its subjectAltName, which does not have this name" : "ssl.ca.location, or the certificate");
}

static void tell_login(const struct reason *reason, char *text, size_t size)
{
    snprintf(text, size, "%s: %s: look at sasl.mechanism, sasl.username and sasl.password", reason->address,
             reason->what);
}

static const struct {
    void (*tell)(const struct reason *reason, char *text, size_t size);
    const char *property;
} kinds[] = {
    [TROUBLE_NONE] = {tell_plainly, "bootstrap.servers"},
    [TROUBLE_ALL_DOWN] = {tell_plainly, "bootstrap.servers"},
    [TROUBLE_TRANSPORT] = {tell_plainly, "bootstrap.servers"},
    [TROUBLE_RESOLVE] = {tell_resolve, "bootstrap.servers"},
    [TROUBLE_TLS] = {tell_tls, "ssl.ca.location"},
    [TROUBLE_LOGIN] = {tell_login, "sasl.password"},
};

static enum trouble_kind kind_of(rd_kafka_resp_err_t failure, const char *text)
{
    if (strstr(text, UNVERIFIED) != NULL) /* a first attempt's has another code */
        return TROUBLE_TLS;
    switch (failure) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: return TROUBLE_ALL_DOWN;
    case RD_KAFKA_RESP_ERR__RESOLVE: return TROUBLE_RESOLVE;
    case RD_KAFKA_RESP_ERR__SSL: return TROUBLE_TLS;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION: return TROUBLE_LOGIN;
    default: return TROUBLE_TRANSPORT;
    }
}

bool broker_trouble_note(struct broker_trouble *trouble, rd_kafka_resp_err_t failure, const char *text, int64_t now_ms)
{
    struct reason reason;
    char told[sizeof trouble->text];
    enum trouble_kind kind = kind_of(failure, text);
    if (kind < trouble->kind && now_ms - trouble->heard_ms < ECHO_MS)
        return false;
    take_apart(text, &reason);
    kinds[kind].tell(&reason, told, sizeof told);
    if (strcmp(told, trouble->text) == 0)
        trouble->heard_ms = now_ms;
    else if (kind != trouble->kind || now_ms - trouble->told_ms >= ECHO_MS) {
        trouble->kind = kind;
        trouble->heard_ms = trouble->told_ms = now_ms;
        snprintf(trouble->text, sizeof trouble->text, "%s", told);
        return true;
    }
    return false;
}

const char *broker_trouble_property(const struct broker_trouble *trouble)
{
    return kinds[trouble->kind].property;
}
