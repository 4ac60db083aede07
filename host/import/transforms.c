#include "import/transforms.h"

#include <string.h>

/* transforms.NAME.KEY; "" when absent. */
static const char *setting_of(struct import *import, const char *name, const char *key)
{
    return import_value(import, arena_printf(&import->arena, "transforms.%s.%s", name, key));
}

static void set_type(struct import *import, const char *name, const char *field, const char *type)
{
    draft_set(&import->draft, "transform.event", arena_printf(&import->arena, "convert.%s", field), type,
              arena_printf(&import->arena, "from transforms.%s", name));
}

/* A top-level field whose name an INI's key can hold. */
static bool is_field(const char *field)
{
    return field[0] != '\0' && strpbrk(field, ".=:;#[] \t\r\n") == NULL;
}

/* ---- Cast: spec = FIELD:TYPE, ... ----------------------------------------------------------------- */

static const char *type_of_cast(const char *cast)
{
    static const struct {
        const char *cast, *type;
    } types[] = {{"int8", "int"},       {"int16", "int"},      {"int32", "int"},    {"int64", "int"},
                 {"float32", "double"}, {"float64", "double"}, {"string", "string"}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].cast, cast) == 0)
            return types[i].type;
    return NULL;
}

/* Goes through the spec's fields; false where a type is none that json-event has.  is_set: they become settings. */
static bool each_cast(struct import *import, const char *name, bool is_set)
{
    char *rest = arena_text(&import->arena, setting_of(import, name, "spec")), *field;
    while ((field = strsep(&rest, ", ")) != NULL) {
        char *cast = strchr(field, ':');
        if (field[0] == '\0')
            continue;
        if (cast == NULL)
            return false; /* the whole value */
        *cast++ = '\0';
        const char *type = type_of_cast(cast);
        if (type == NULL || !is_field(field))
            return false;
        if (is_set)
            set_type(import, name, field, type);
    }
    return true;
}

static bool say_cast(struct import *import, const char *name)
{
    return each_cast(import, name, false) && each_cast(import, name, true);
}

/* ---- TimestampConverter: a field's text becomes a date -------------------------------------------- */

static bool say_timestamp(struct import *import, const char *name)
{
    static const char iso[] = "yyyy-MM-dd'T'HH:mm:ss"; /* and what may follow it is what json-event takes */
    const char *field = setting_of(import, name, "field");
    if (strcmp(setting_of(import, name, "target.type"), "Timestamp") != 0 || !is_field(field) ||
        strncmp(setting_of(import, name, "format"), iso, strlen(iso)) != 0)
        return false;
    set_type(import, name, field, "date");
    return true;
}

/* ---- All of them ---------------------------------------------------------------------------------- */

static const struct smt {
    const char *class;
    bool (*say)(struct import *import, const char *name); /* false: not this one */
} smts[] = {
    {"org.apache.kafka.connect.transforms.Cast$Value", say_cast},
    {"org.apache.kafka.connect.transforms.TimestampConverter$Value", say_timestamp},
};

static bool say(struct import *import, const char *name)
{
    const char *type = setting_of(import, name, "type");
    if (setting_of(import, name, "predicate")[0] != '\0' || strpbrk(name, "\r\n") != NULL)
        return false;
    for (size_t i = 0; i < sizeof smts / sizeof smts[0]; i++)
        if (strcmp(smts[i].class, type) == 0)
            return smts[i].say(import, name);
    return false;
}

void map_transforms(struct import *import, const struct mapped *at)
{
    char *rest = arena_text(&import->arena, at->value), *name;
    while ((name = strsep(&rest, ", ")) != NULL) {
        if (name[0] == '\0')
            continue;
        const char *type = setting_of(import, name, "type");
        if (say(import, name))
            findings_add(&import->findings, FINDING_DIFFERS,
                         "transforms.%s.type = %s: a value that is not exactly of the type becomes a dead letter", name,
                         type);
        else
            findings_add(&import->findings, FINDING_NONE, "transforms.%s.type = %s: records are stored without it",
                         name, type);
    }
}
