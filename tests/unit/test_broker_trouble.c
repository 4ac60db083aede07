/* What librdkafka says of its connections, as it said it (2.8), and what we make of it. */
#include "testing.h"

#include "pipeline/broker_trouble.h"

static void becomes(rd_kafka_resp_err_t failure, const char *reason, const char *property, const char *wanted)
{
    struct broker_trouble trouble = {.kind = TROUBLE_NONE};
    assert_true(broker_trouble_note(&trouble, failure, reason, 1));
    assert_string_equal(trouble.text, wanted);
    assert_string_equal(broker_trouble_property(&trouble), property);
}

static void test_reasons_become_sentences(void **state)
{
    (void)state;
    becomes(
        RD_KAFKA_RESP_ERR__RESOLVE,
        "sasl_ssl://kafka.leaf.invalid:9092/1: Failed to resolve 'kafka.leaf.invalid:9092': Name or service not "
        "known (after 3ms in state CONNECT)",
        "bootstrap.servers",
        "the bootstrap server answers, but broker 1 advertises kafka.leaf.invalid:9092, which does not resolve here "
        "(Name or service not known): look at the broker's advertised.listeners");
    becomes(
        RD_KAFKA_RESP_ERR__RESOLVE,
        "GroupCoordinator: kafka.leaf.invalid:9092: Failed to resolve 'kafka.leaf.invalid:9092': Name or service not "
        "known (after 7ms in state CONNECT, 1 identical error(s) suppressed)",
        "bootstrap.servers",
        "the bootstrap server answers, but the group coordinator advertises kafka.leaf.invalid:9092, which does not "
        "resolve here (Name or service not known): look at the broker's advertised.listeners");
    becomes(
        RD_KAFKA_RESP_ERR__RESOLVE,
        "kafka:9092/bootstrap: Failed to resolve 'kafka:9092': Name or service not known (after 0ms in state CONNECT)",
        "bootstrap.servers", "kafka:9092 does not resolve here (Name or service not known)");
    becomes(RD_KAFKA_RESP_ERR__AUTHENTICATION,
            "sasl_plaintext://localhost:9092/bootstrap: SASL authentication error: Authentication failed: Invalid "
            "username or password (after 303ms in state AUTH_REQ)",
            "sasl.password",
            "localhost:9092: SASL authentication error: Authentication failed: Invalid username or password: look at "
            "sasl.mechanism, sasl.username and sasl.password");
    becomes(RD_KAFKA_RESP_ERR__TRANSPORT, "[::1]:9092/2: Connect to ipv6#[::1]:9092 failed: Connection refused",
            "bootstrap.servers", "broker 2 at [::1]:9092: Connect to ipv6#[::1]:9092 failed: Connection refused");
    becomes(
        RD_KAFKA_RESP_ERR__TRANSPORT,
        "ssl://localhost:9093/bootstrap: Receive failed: error:0A000412:SSL routines::sslv3 alert bad certificate: "
        "SSL alert number 42 (after 0ms in state APIVERSION_QUERY)",
        "bootstrap.servers",
        "localhost:9093: Receive failed: error:0A000412:SSL routines::sslv3 alert bad certificate: SSL alert number "
        "42: it wants a client certificate that it trusts, look at ssl.certificate.location");
    becomes(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down", "bootstrap.servers", "1/1 brokers are down");
}

static void test_a_certificate_is_the_cause_whatever_the_code(void **state)
{
    (void)state;
    becomes(
        RD_KAFKA_RESP_ERR__TRANSPORT,
        "ssl://localhost:9093/bootstrap: error:0A000086:SSL routines::certificate verify failed (after 9ms in state "
        "SSL_HANDSHAKE)",
        "ssl.ca.location", "localhost:9093: error:0A000086:SSL routines::certificate verify failed");
}

static void test_the_node_is_known_by_its_number_alone(void **state)
{
    (void)state;
    assert_int_equal(broker_trouble_node("ssl://host:9092/17: Disconnected"), 17);
    assert_int_equal(broker_trouble_node("ssl://host:9092/bootstrap: Disconnected"), -1);
    assert_int_equal(broker_trouble_node("GroupCoordinator: host:9092: Disconnected"), -1);
    assert_int_equal(broker_trouble_node("1/1 brokers are down"), -1);
    assert_int_equal(broker_trouble_node("SASL/GSSAPI library: no ticket"), -1);
}

static void test_an_echo_does_not_hide_its_cause(void **state)
{
    struct broker_trouble trouble = {.kind = TROUBLE_NONE};
    (void)state;
    assert_true(broker_trouble_note(&trouble, RD_KAFKA_RESP_ERR__TRANSPORT, "a:1/1: Disconnected", 0));
    assert_true(broker_trouble_note(&trouble, RD_KAFKA_RESP_ERR__AUTHENTICATION, "a:1/1: no such user", 10));
    char *cause = strdup(trouble.text);
    assert_false(broker_trouble_note(&trouble, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down", 20));
    assert_string_equal(trouble.text, cause);
    free(cause);
    /* ten seconds without it: the cause is another one now */
    assert_true(broker_trouble_note(&trouble, RD_KAFKA_RESP_ERR__TRANSPORT, "a:1/1: Connection refused", 10010));
    assert_string_equal(trouble.text, "broker 1 at a:1: Connection refused");
}

static void test_brokers_in_turn_are_told_now_and_then(void **state)
{
    struct broker_trouble trouble = {.kind = TROUBLE_NONE};
    int told = 0;
    (void)state;
    for (int64_t now_ms = 0; now_ms < 30000; now_ms += 100)
        told +=
            broker_trouble_note(&trouble, RD_KAFKA_RESP_ERR__TRANSPORT,
                                now_ms / 100 % 2 ? "a:1/1: Connection refused" : "b:1/2: Connection refused", now_ms);
    assert_in_range(told, 3, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reasons_become_sentences),
        cmocka_unit_test(test_a_certificate_is_the_cause_whatever_the_code),
        cmocka_unit_test(test_the_node_is_known_by_its_number_alone),
        cmocka_unit_test(test_an_echo_does_not_hide_its_cause),
        cmocka_unit_test(test_brokers_in_turn_are_told_now_and_then),
    };
    return RUN(tests);
}
