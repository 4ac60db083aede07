/* admin/assets.c - the page's own files and the description of the API, built into the binary: the same for everybody,
 * so they ask for no token. */
#include "admin/routes.h"

#include "api_js.h"
#include "chart_js.h"
#include "format_js.h"
#include "icon_svg.h"
#include "letter_js.h"
#include "openapi_yaml.h"
#include "page_css.h"
#include "page_html.h"
#include "page_js.h"

#include <string.h>

#define ASSET(path, type, array)               \
    {                                          \
        (path), (type), (array), sizeof(array) \
    }
static const struct asset {
    const char *path, *type;
    const unsigned char *bytes;
    size_t size;
} assets[] = {
    ASSET("/dlq/", "text/html; charset=utf-8", page_html),
    ASSET("/dlq/page.css", "text/css; charset=utf-8", page_css),
    ASSET("/dlq/page.js", "text/javascript; charset=utf-8", page_js),
    ASSET("/dlq/api.js", "text/javascript; charset=utf-8", api_js),
    ASSET("/dlq/chart.js", "text/javascript; charset=utf-8", chart_js),
    ASSET("/dlq/letter.js", "text/javascript; charset=utf-8", letter_js),
    ASSET("/dlq/format.js", "text/javascript; charset=utf-8", format_js),
    ASSET("/dlq/icon.svg", "image/svg+xml", icon_svg),
    ASSET("/openapi.yaml", "application/yaml", openapi_yaml),
};

static void serve(void *admin, const struct http_request *request, struct http_response *response)
{
    (void)admin;
    for (size_t i = 0; i < sizeof assets / sizeof assets[0]; i++)
        if (strcmp(assets[i].path, request->path) == 0) {
            response->type = assets[i].type;
            fwrite(assets[i].bytes, 1, assets[i].size, response->body);
            return;
        }
    http_refuse(response, 404, "there is nothing here; the page is at /dlq/");
}

const struct http_route asset_routes[] = {
    {"GET", "/dlq/", HTTP_ASSET, serve},
    {"GET", "/dlq/{file}", HTTP_ASSET, serve},
    {"GET", "/openapi.yaml", HTTP_ASSET, serve},
    {.method = NULL},
};
