/* sluice/sluice.h - what a plugin author includes: C11 and later, C++17 and later.
 * Neighbour: abi.h, which explains every type and function. */
#ifndef SLUICE_H
#define SLUICE_H
#include "sluice/abi.h"
#include <string.h>

#ifdef __cplusplus
#include <type_traits>
extern "C" {
#endif
/* Set before any of your functions runs. */
extern const sluice_host *sluice_api __attribute__((visibility("hidden")));
SLUICE_EXPORT const sluice_plugin *sluice_plugin_query(void);
#ifdef __cplusplus
}
#endif

static inline sluice_record_view sluice_view(const sluice_record *record)
{
    sluice_record_view view;
    memset(&view, 0, sizeof view);
    view.size = sizeof view;
    sluice_api->record_view(record, &view);
    return view;
}

#define SLUICE_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The one exported symbol; use once, in one file.
 * C:   SLUICE_PLUGIN(.name = "demo", .version = "1.0.0", ...);
 * C++: SLUICE_PLUGIN(describe);   where describe is a void (sluice_plugin &plugin) that sets the
 *      same members of an otherwise empty descriptor. */
#ifdef __cplusplus
#define SLUICE_DESCRIPTOR_(...)                     \
    [] {                                            \
        sluice_plugin plugin = {};                  \
        plugin.magic = SLUICE_MAGIC;                \
        plugin.abi_major = SLUICE_ABI_MAJOR;        \
        plugin.abi_minor = SLUICE_TARGET_MINOR;     \
        plugin.size = sizeof(sluice_plugin);        \
        plugin.option_size = sizeof(sluice_option); \
        plugin.metric_size = sizeof(sluice_metric); \
        plugin.bind = sluice_bind_;                 \
        __VA_ARGS__(plugin);                        \
        return plugin;                              \
    }()
#else
#define SLUICE_DESCRIPTOR_(...)                                                                                    \
    {                                                                                                              \
        .magic = SLUICE_MAGIC, .abi_major = SLUICE_ABI_MAJOR, .abi_minor = SLUICE_TARGET_MINOR,                    \
        .size = sizeof(sluice_plugin), .option_size = sizeof(sluice_option), .metric_size = sizeof(sluice_metric), \
        .bind = sluice_bind_, __VA_ARGS__                                                                          \
    }
#endif
#define SLUICE_PLUGIN(...)                                                       \
    const sluice_host *sluice_api;                                               \
    static void sluice_bind_(const sluice_host *host)                            \
    {                                                                            \
        sluice_api = host;                                                       \
    }                                                                            \
    const sluice_plugin *sluice_plugin_query(void)                               \
    {                                                                            \
        static const sluice_plugin descriptor = SLUICE_DESCRIPTOR_(__VA_ARGS__); \
        return &descriptor;                                                      \
    }                                                                            \
    struct sluice_plugin /* takes the semicolon */

/* One row of the option table: config struct, its member, name, default; then the doc; then, where
 * wanted, in C any of .flags = , .min = , .max = and in C++ their values in this order.
 * A member of the wrong type does not compile. */
#define SLUICE_STRING_OPTION(T, m, name, preset, ...) \
    SLUICE_OPTION_(STRING, const char *, T, m, name, NULL, preset, __VA_ARGS__)
#define SLUICE_INT_OPTION(T, m, name, preset, ...) SLUICE_OPTION_(INT, int64_t, T, m, name, NULL, preset, __VA_ARGS__)
#define SLUICE_DOUBLE_OPTION(T, m, name, preset, ...) \
    SLUICE_OPTION_(DOUBLE, double, T, m, name, NULL, preset, __VA_ARGS__)
#define SLUICE_BOOL_OPTION(T, m, name, preset, ...) SLUICE_OPTION_(BOOL, bool, T, m, name, NULL, preset, __VA_ARGS__)
#define SLUICE_SIZE_OPTION(T, m, name, preset, ...) \
    SLUICE_OPTION_(SIZE, uint64_t, T, m, name, NULL, preset, __VA_ARGS__)
#define SLUICE_DURATION_OPTION(T, m, name, preset, ...) \
    SLUICE_OPTION_(DURATION_MS, int64_t, T, m, name, NULL, preset, __VA_ARGS__)
#define SLUICE_LIST_OPTION(T, m, name, preset, ...) \
    SLUICE_OPTION_(LIST, sluice_list, T, m, name, NULL, preset, __VA_ARGS__)
#define SLUICE_REGEX_OPTION(T, m, name, preset, ...) \
    SLUICE_OPTION_(REGEX, const char *, T, m, name, NULL, preset, __VA_ARGS__)
/* These two with their choices, "insert|upsert", after the name.  A map has no default. */
#define SLUICE_ENUM_OPTION(T, m, name, choices, preset, ...) \
    SLUICE_OPTION_(ENUM, int, T, m, name, choices, preset, __VA_ARGS__)
#define SLUICE_MAP_OPTION(T, m, name, choices, ...) \
    SLUICE_OPTION_(MAP, sluice_map, T, m, name, choices, NULL, __VA_ARGS__)

#ifdef __cplusplus
template <class Wanted, class Member> constexpr uint32_t sluice_member_(size_t offset)
{
    static_assert(std::is_same<Wanted, Member>::value, "this option needs a config member of another type");
    return static_cast<uint32_t>(offset);
}
constexpr sluice_option sluice_option_(const char *name, sluice_type type, uint32_t offset, const char *choices,
                                       const char *preset, const char *doc, uint32_t flags = 0, double min = 0,
                                       double max = 0)
{
    return {name, type, offset, choices, preset, doc, flags, min, max};
}
#define SLUICE_OPTION_(kind, ctype, T, m, name, choices, preset, ...)                                               \
    sluice_option_(name, SLUICE_TYPE_##kind, sluice_member_<ctype, decltype(((T *)0)->m)>(offsetof(T, m)), choices, \
                   preset, __VA_ARGS__)
#else
#define SLUICE_OPTION_(kind, ctype, T, m, option_name, option_choices, preset, ...)   \
    {                                                                                 \
        .name = option_name, .type = SLUICE_TYPE_##kind,                              \
        .offset = _Generic(((T *)0)->m, ctype                                         \
                           : offsetof(T, m)), /* does not compile for another type */ \
            .choices = option_choices, .default_value = preset, __VA_ARGS__           \
    }
#endif
#endif
