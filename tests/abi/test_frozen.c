/* ABI 1.0 is frozen: what stands in the header today has the layout it was released with.  A member may be appended,
 * and then MINOR rises; nothing here ever changes. */
#include "sluice/abi.h"

#define AT(type, member, offset) static_assert(offsetof(type, member) == (offset), #type "." #member " has moved")

static_assert(sizeof(void *) == 8, "these are the offsets of 64-bit machines");
static_assert(SLUICE_ABI_MAJOR == 1, "another major has a file of its own");

AT(sluice_plugin, magic, 0);
AT(sluice_plugin, option_size, 12);
AT(sluice_plugin, metric_size, 16);
AT(sluice_plugin, config_size, 20);
AT(sluice_plugin, accepts, 24);
AT(sluice_plugin, produces, 28);
AT(sluice_plugin, name, 32);
AT(sluice_plugin, version, 40);
AT(sluice_plugin, summary, 48);
AT(sluice_plugin, options, 56);
AT(sluice_plugin, option_count, 64);
AT(sluice_plugin, metrics, 72);
AT(sluice_plugin, metric_count, 80);
AT(sluice_plugin, sink, 88);
AT(sluice_plugin, transform, 96);
AT(sluice_plugin, bind, 104);
AT(sluice_plugin, check, 112);
AT(sluice_plugin, load, 120);
AT(sluice_plugin, unload, 128);

AT(sluice_record_view, partition, 4);
AT(sluice_record_view, offset, 8);
AT(sluice_record_view, topic, 16);
AT(sluice_record_view, original_topic, 24);
AT(sluice_record_view, original_offset, 32);
AT(sluice_record_view, original_partition, 40);
AT(sluice_record_view, header_count, 44);
AT(sluice_record_view, timestamp_ms, 48);
AT(sluice_record_view, timestamp_type, 56);
AT(sluice_record_view, format, 60);
AT(sluice_record_view, key, 64);
AT(sluice_record_view, value, 80);

AT(sluice_sink_ops, open, 8);
AT(sluice_sink_ops, put, 16);
AT(sluice_sink_ops, close, 24);
AT(sluice_sink_ops, lookup, 32);
AT(sluice_sink_ops, count, 40);
AT(sluice_sink_ops, verify, 48);
AT(sluice_sink_ops, examine, 56);
AT(sluice_transform_ops, open, 8);
AT(sluice_transform_ops, apply, 16);
AT(sluice_transform_ops, close, 24);

AT(sluice_host, abi_major, 4);
AT(sluice_host, log, 8);
AT(sluice_host, metric_add, 16);
AT(sluice_host, metric_set, 24);
AT(sluice_host, metric_observe, 32);
AT(sluice_host, context_pipeline, 40);
AT(sluice_host, context_instance, 48);
AT(sluice_host, context_task, 56);
AT(sluice_host, stopping, 64);
AT(sluice_host, time_left_ms, 72);
AT(sluice_host, batch_count, 80);
AT(sluice_host, batch_record, 88);
AT(sluice_host, record_view, 96);
AT(sluice_host, record_header, 104);
AT(sluice_host, record_header_at, 112);
AT(sluice_host, report_record, 120);
AT(sluice_host, report_call, 128);
AT(sluice_host, report_option, 136);
AT(sluice_host, edit_alloc, 144);
AT(sluice_host, edit_value, 152);
AT(sluice_host, edit_key, 160);
AT(sluice_host, edit_topic, 168);
AT(sluice_host, edit_header_set, 176);
AT(sluice_host, edit_header_remove, 184);
AT(sluice_host, reply_append, 192);
AT(sluice_host, log_text, 200);
AT(sluice_host, report_record_text, 208);
AT(sluice_host, report_call_text, 216);
AT(sluice_host, report_option_text, 224);

AT(sluice_option, name, 0);
AT(sluice_option, type, 8);
AT(sluice_option, offset, 12);
AT(sluice_option, choices, 16);
AT(sluice_option, default_value, 24);
AT(sluice_option, doc, 32);
AT(sluice_option, flags, 40);
AT(sluice_option, min, 48);
AT(sluice_option, max, 56);
AT(sluice_metric, name, 0);
AT(sluice_metric, kind, 8);
AT(sluice_metric, unit, 16);
AT(sluice_metric, help, 24);

static_assert(SLUICE_OK == 0 && SLUICE_DROP == 1 && SLUICE_RETRY == 2 && SLUICE_REJECT == 3 && SLUICE_FATAL == 4,
              "verdicts");
static_assert(SLUICE_SAME == 1 && SLUICE_BYTES == 2 && SLUICE_JSON == 4 && SLUICE_BSON == 8, "formats");
static_assert(SLUICE_TYPE_STRING == 1 && SLUICE_TYPE_DURATION_MS == 7 && SLUICE_TYPE_MAP == 10, "option types");

int main(void)
{
    return 0; /* it compiled */
}
