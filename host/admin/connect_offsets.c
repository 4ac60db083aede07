/* admin/connect_offsets.c - the committed offsets of the pipeline's group: told at any time, changed while it is
 * STOPPED. */
#include "admin/connect.h"
#include "admin/offsets_body.h"

#include "ops/log.h"

static void refuse(enum group_answer answer, const struct error *error, struct http_response *response)
{
    static const unsigned statuses[] = {
        [GROUP_NO_SUCH_PARTITION] = BAD_REQUEST, [GROUP_HAS_MEMBERS] = CONFLICT, [GROUP_FAILED] = UNAVAILABLE};
    http_refuse(response, statuses[answer], "%s", error->text);
}

static void list(void *admin_, const struct http_request *request, struct http_response *response)
{
    struct admin *admin = admin_;
    rd_kafka_topic_partition_list_t *offsets;
    struct error error;
    if (!connect_is_ours(admin, request, response))
        return;
    enum group_answer answer = consumer_group_offsets(&admin->group, &offsets, &error);
    if (answer != GROUP_OK)
        refuse(answer, &error, response);
    else
        admin_write(response, offsets_body_json(offsets));
    rd_kafka_topic_partition_list_destroy(offsets);
}

static bool may_change(struct admin *admin, const struct http_request *request, struct http_response *response)
{
    if (!connect_is_ours(admin, request, response))
        return false;
    if (control_reached(admin->control) == RUN_STOPPED && control_wanted(admin->control) == RUN_STOPPED)
        return true;
    http_refuse(
        response, BAD_REQUEST,
        "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the "
        "specified connector by issuing a 'PUT' request to the '/connectors/%s/stop' endpoint",
        request->parameters[0]);
    return false;
}

static void finish(enum group_answer answer, const struct error *error, const char *done,
                   const struct http_request *request, struct http_response *response)
{
    if (answer != GROUP_OK) {
        refuse(answer, error, response);
        return;
    }
    log_info("http", "the committed offsets have been %s, asked for by %s", done, request->peer);
    char message[128];
    snprintf(message, sizeof message, "The offsets for this connector have been %s successfully", done);
    admin_write(response, json_pack("{s:s}", "message", message));
}

static void alter(void *admin_, const struct http_request *request, struct http_response *response)
{
    struct admin *admin = admin_;
    rd_kafka_topic_partition_list_t *offsets;
    struct error error;
    json_t *body = may_change(admin, request, response) ? connect_body(request, response) : NULL;
    if (body == NULL)
        return;
    if (offsets_body_parse(body, &offsets, &error) != 0) {
        http_refuse(response, BAD_REQUEST, "%s", error.text);
    } else {
        finish(consumer_group_alter_offsets(&admin->group, offsets, &error), &error, "altered", request, response);
        rd_kafka_topic_partition_list_destroy(offsets);
    }
    json_decref(body);
}

static void reset(void *admin_, const struct http_request *request, struct http_response *response)
{
    struct admin *admin = admin_;
    struct error error;
    if (may_change(admin, request, response))
        finish(consumer_group_reset_offsets(&admin->group, &error), &error, "reset", request, response);
}

const struct http_route offset_routes[] = {
    {"GET", "/connectors/{connector}/offsets", HTTP_READ, list},
    {"PATCH", "/connectors/{connector}/offsets", HTTP_CHANGE, alter},
    {"DELETE", "/connectors/{connector}/offsets", HTTP_CHANGE, reset},
    {.method = NULL},
};
