/* plugin/host_api.h - the table of functions that plugins call (sluice_host of sluice/abi.h).
 * Neighbour: boundary.h, the types behind it. */
#ifndef SLUICE_PLUGIN_HOST_API_H
#define SLUICE_PLUGIN_HOST_API_H

#include "plugin/boundary.h"

/* There for the life of the process. */
extern const sluice_host host_api;

/* The families of a plugin's metric table: known from then on, without a series. */
void host_api_metrics_register(const sluice_plugin *descriptor);
/* Makes the series of a plugin's metric table, labelled {instance, task}, in context->metrics.  The series stay when
 * the instance is closed: a task that is opened again counts on. */
void host_api_metrics_new(sluice_context *context, const sluice_plugin *descriptor);
void host_api_metrics_free(sluice_context *context);

#endif
