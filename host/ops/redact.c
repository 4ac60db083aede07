#include "ops/redact.h"

#include "base/alloc.h"

#include <nettle/base64.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char mask[] = "****"; /* no longer than the shortest secret */
enum { MASK_SIZE = sizeof mask - 1 };

/* One way in which a secret may be written, in the list of those that begin with the same byte. */
static struct form {
    struct form *next;
    char *text;
    bool encodable; /* each byte may stand there as %XX, too */
} * forms[256];

/* ---- Adding --------------------------------------------------------------------------------------- */

/* Takes text over. */
static void add_form(char *text, bool encodable)
{
    struct form **list = &forms[(unsigned char)text[0]];
    for (const struct form *form = *list; form != NULL; form = form->next)
        if (strcmp(form->text, text) == 0) {
            free(text);
            return;
        }
    struct form *form = alloc_zeroed(1, sizeof *form);
    *form = (struct form){*list, text, encodable};
    *list = form;
}

/* What is always there of it in the base64 text of something that holds it `before` bytes (modulo 3) behind the
 * beginning: the characters made of its bits alone. */
static void add_base64(const char *secret, size_t before)
{
    static const size_t foreign[] = {0, 2, 3}; /* characters that hold bits of what is before */
    size_t size = before + strlen(secret), whole = size * 8 / 6;
    uint8_t *bytes = alloc_zeroed(size, 1);
    char *encoded = alloc_zeroed(BASE64_ENCODE_RAW_LENGTH(size) + 1, 1);
    memcpy(bytes + before, secret, size - before);
    base64_encode_raw(encoded, size, bytes);
    add_form(alloc_copy(encoded + foreign[before], whole - foreign[before]), false);
    for (size_t i = 0; i < whole; i++) /* the alphabet for URLs and file names */
        encoded[i] = encoded[i] == '+' ? '-' : encoded[i] == '/' ? '_' : encoded[i];
    add_form(alloc_copy(encoded + foreign[before], whole - foreign[before]), false);
    free(encoded);
    free(bytes);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) % 16 : -1;
}

/* The byte that stands there as %XX; -1: none does. */
static int decoded_byte(const char *text)
{
    int high = text[0] == '%' ? hex_digit(text[1]) : -1, low = high >= 0 ? hex_digit(text[2]) : -1;
    return low >= 0 ? high * 16 + low : -1;
}

static char *decoded(const char *text)
{
    char *copy = alloc_text(text), *to = copy;
    for (int byte; *text != '\0'; to++) {
        byte = decoded_byte(text);
        *to = byte > 0 ? (char)byte : *text;
        text += byte > 0 ? 3 : 1;
    }
    *to = '\0';
    return copy;
}

static void add(const char *secret)
{
    if (strlen(secret) < REDACT_SHORTEST_BYTES)
        return;
    add_form(alloc_text(secret), true);
    for (size_t before = 0; before < 3; before++)
        add_base64(secret, before);
}

static void add_part(const char *text, size_t size)
{
    char *part = alloc_copy(text, size), *plain = decoded(part);
    add(part);
    add(plain);
    free(plain);
    free(part);
}

/* Between the user's colon and the last @: an unencoded password may hold one, and is wrong then, but a password. */
static void add_password(const char *authority, const char *query)
{
    const char *at = memrchr(authority, '@', (size_t)(query - authority));
    const char *colon = at != NULL ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
    if (colon == NULL)
        return;
    add_part(colon + 1, (size_t)(at - colon) - 1);
    for (const char *piece = colon + 1; piece < at;) {
        size_t size = strcspn(piece, "@/");
        add_part(piece, size);
        piece += size + 1;
    }
}

/* tlsCertificateKeyFilePassword=…, authMechanismProperties=…,AWS_SESSION_TOKEN:… */
static void add_query(const char *query)
{
    static const char *const words[] = {"password", "secret", "token"};
    for (size_t size; *query != '\0'; query += size + (query[size] != '\0')) {
        size = strcspn(query, "?&;,");
        char *pair = alloc_copy(query, size);
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            const char *word = strcasestr(pair, words[i]);
            const char *value = word != NULL ? strpbrk(word, "=:") : NULL;
            if (value != NULL)
                add_part(value + 1, strlen(value + 1));
        }
        free(pair);
    }
}

void redact_add(const char *secret)
{
    const char *authority = strstr(secret, "://");
    add(secret);
    if (authority == NULL)
        return;
    const char *query = strchr(authority, '?');
    add_password(authority + strlen("://"), query != NULL ? query : authority + strlen(authority));
    if (query != NULL)
        add_query(query);
}

/* ---- Masking -------------------------------------------------------------------------------------- */

/* How much of text is the form; 0: it does not begin with it. */
static size_t match(const char *text, const char *form, bool encodable)
{
    const char *at = text;
    for (; *form != '\0'; form++) {
        int byte = encodable ? decoded_byte(at) : -1;
        if (byte == '%' && *form == '%') { /* an encoded percent sign, or what a form of encoded text begins with */
            size_t rest = match(at + 3, form + 1, true);
            if (rest > 0 || form[1] == '\0')
                return (size_t)(at - text) + 3 + rest;
        }
        if (*at == *form)
            at++;
        else if (byte == (unsigned char)*form)
            at += 3;
        else
            return 0;
    }
    return (size_t)(at - text);
}

static size_t longest_of(const struct form *form, const char *text, size_t longest)
{
    for (; form != NULL; form = form->next) {
        size_t size = match(text, form->text, form->encodable);
        longest = size > longest ? size : longest;
    }
    return longest;
}

static size_t longest_match(const char *text)
{
    int byte = decoded_byte(text);
    size_t longest = longest_of(forms[(unsigned char)*text], text, 0);
    return byte > 0 ? longest_of(forms[byte], text, longest) : longest;
}

void redact(char *text)
{
    char *to = text;
    for (const char *at = text; *at != '\0';) {
        size_t size = longest_match(at);
        if (size > 0) {
            memcpy(to, mask, MASK_SIZE);
            to += MASK_SIZE;
            at += size;
        } else {
            *to++ = *at++;
        }
    }
    *to = '\0';
}
