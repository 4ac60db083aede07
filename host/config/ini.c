#include "config/ini.h"

#include "base/alloc.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What the reader knows while inih asks it for lines. */
struct reading {
    FILE *file;
    const struct ini_events *events;
    struct problems *problems;
    struct place place; /* of the line inih has now */
    bool in_section;
    bool unreadable; /* not text: nothing more is read */
    char *line;      /* the part that inih has not taken yet is at `rest`; NULL: read the next one */
    size_t capacity;
    const char *rest;
};

static const char blanks[] = " \t";

/* A section that is written wrongly begins all the same: its settings are not those of the section above.
 * No problem in this file shows a line: it may be, or go on with, a secret. */
static void read_section(struct reading *reading, char *line)
{
    char *name = line + 1, *end = strchr(name, ']');
    if (end == NULL) {
        problems_error(reading->problems, &reading->place, "the section has no closing ]");
        end = name + strcspn(name, " \t;#");
    } else if (end[1 + strspn(end + 1, blanks)] != '\0') {
        problems_error(reading->problems, &reading->place,
                       "text behind a section; a comment stands on a line of its own");
    }
    *end = '\0';
    if (*name == '\0')
        problems_error(reading->problems, &reading->place, "a section needs a name between [ and ]");
    reading->in_section = true;
    reading->events->section(reading->events->opaque, name, &reading->place);
}

static bool check_setting(struct reading *reading, const char *line)
{
    const char *behind = line + strcspn(line, "=: \t"); /* the name */
    behind += strspn(behind, blanks);
    const char *wrong = NULL;
    if (strchr(line, '=') == NULL)
        wrong = "neither a section, a comment nor name = value";
    else if (line[0] == '=')
        wrong = "no name before the =";
    else if (*behind == ':')
        wrong = "a name cannot hold a colon, and only = separates it from its value";
    else if (*behind != '=')
        wrong = "a name cannot hold white space, and only = separates it from its value";
    else if (!reading->in_section)
        wrong = "a setting before the first [section]";
    if (wrong != NULL)
        problems_error(reading->problems, &reading->place, "%s", wrong);
    return wrong == NULL;
}

/* True when the line is a setting for inih to split; everything else is dealt with here. */
static bool is_setting(struct reading *reading, char *line)
{
    size_t indentation = strspn(line, blanks);
    if (line[indentation] == '\0' || strchr(";#", line[indentation]) != NULL)
        return false;
    if (indentation > 0)
        problems_error(reading->problems, &reading->place,
                       "the line is indented; a setting begins in the first column (values do not go on over lines)");
    if (line[indentation] != '[')
        return indentation == 0 && check_setting(reading, line);
    read_section(reading, line + indentation);
    return false;
}

static char *strip(char *line, size_t *size, int number)
{
    while (*size > 0 && (line[*size - 1] == '\n' || line[*size - 1] == '\r'))
        line[--*size] = '\0';
    if (number == 1 && *size >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        *size -= 3;
        return line + 3;
    }
    return line;
}

/* The next line that inih is to see: a setting, or "" in place of everything else. */
static bool next_line(struct reading *reading)
{
    ssize_t got = reading->unreadable ? -1 : getline(&reading->line, &reading->capacity, reading->file);
    if (got < 0)
        return false;
    reading->place.line++;
    size_t size = (size_t)got;
    char *line = strip(reading->line, &size, reading->place.line);
    reading->rest = "";
    if (reading->place.line == 1 && size >= 2 &&
        (memcmp(line, "\xff\xfe", 2) == 0 || memcmp(line, "\xfe\xff", 2) == 0)) {
        problems_error(reading->problems, &reading->place, "the file is UTF-16, wanted UTF-8");
        reading->unreadable = true;
    } else if (strlen(line) != size) {
        problems_error(reading->problems, &reading->place, "the line holds a NUL byte");
    } else if (size > INI_LONGEST_LINE_BYTES) {
        problems_error(reading->problems, &reading->place, "the line has %zu bytes, at most %d are read", size,
                       INI_LONGEST_LINE_BYTES);
    } else if (is_setting(reading, line)) {
        reading->rest = line;
    }
    return true;
}

/* inih's fgets: it asks again for the rest of a line that did not fit, and has all of it with the line feed. */
static char *read_piece(char *buffer, int size, void *reading_)
{
    struct reading *reading = reading_;
    if (reading->rest == NULL && !next_line(reading))
        return NULL;
    size_t left = strlen(reading->rest), room = (size_t)size - 1;
    if (left < room) {
        memcpy(buffer, reading->rest, left);
        buffer[left] = '\n';
        buffer[left + 1] = '\0';
        reading->rest = NULL;
    } else {
        memcpy(buffer, reading->rest, room);
        buffer[room] = '\0';
        reading->rest += room;
    }
    return buffer;
}

static int handle(void *reading_, const char *section, const char *name, const char *value)
{
    struct reading *reading = reading_;
    (void)section; /* cut at 49 bytes by inih; read_section() has told the whole one */
    reading->events->setting(reading->events->opaque, name, value, &reading->place);
    return 1;
}

/* Run-time settings that Debian's build of inih exports; CMake has checked that they are there. */
static void configure_inih(void)
{
    ini_allow_multiline = false;
    ini_allow_inline_comments = false;
    ini_allow_bom = false;
    ini_allow_no_value = false;
    ini_use_stack = false;
    ini_allow_realloc = true;
    ini_max_line = INI_LONGEST_LINE_BYTES + 3; /* with "\r\n" and NUL */
}

static FILE *open_file(const char *path, struct problems *problems)
{
    const struct place place = {.file = path};
    struct stat status;
    FILE *file = fopen(path, "re");
    if (file != NULL && fstat(fileno(file), &status) == 0 && !S_ISDIR(status.st_mode))
        return file;
    problems_error(problems, &place, "cannot be read: %s", file != NULL ? "it is a directory" : strerror(errno));
    if (file != NULL)
        fclose(file);
    return NULL;
}

void ini_read(const char *path, const struct ini_events *events, struct problems *problems)
{
    struct reading reading = {
        .file = open_file(path, problems), .events = events, .problems = problems, .place = {.file = path}};
    if (reading.file == NULL)
        return;
    configure_inih();
    int failure = ini_parse_stream(read_piece, &reading, handle, &reading);
    if (failure != 0)
        problems_error(problems, &(struct place){path, failure > 0 ? failure : 0}, "the line cannot be parsed");
    else if (ferror(reading.file))
        problems_error(problems, &(struct place){path, 0}, "cannot be read: %s", strerror(errno));
    free(reading.line);
    fclose(reading.file);
}
