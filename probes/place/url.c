/* SPDX-License-Identifier: Apache-2.0 */
/* Names in URLs; see url.h. */
#include "place/url.h"

#include <stdio.h>
#include <string.h>

static const char unreserved[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

static void add(struct cvg_place_url *url, const char *bytes, size_t length)
{
    if (url->full || length >= sizeof(url->text) - url->length) {
        url->full = 1;
        return;
    }
    memcpy(url->text + url->length, bytes, length);
    url->length += length;
    url->text[url->length] = '\0';
}

void cvg_place_url_add(struct cvg_place_url *url, const char *text)
{
    add(url, text, strlen(text));
}

void cvg_place_url_encode(struct cvg_place_url *url, const char *text, enum cvg_place_slash slash)
{
    for (; *text != '\0'; text++) {
        char escape[4] = {*text, '\0'};
        int plain =
            strchr(unreserved, *text) != NULL || (*text == '/' && slash == CVG_PLACE_SLASH_KEPT);
        if (!plain) {
            (void)snprintf(escape, sizeof(escape), "%%%02X", (unsigned)(unsigned char)*text);
        }
        add(url, escape, strlen(escape));
    }
}

int cvg_place_is_bucket(const char *bucket, int in_host)
{
    static const char taken[] = "abcdefghijklmnopqrstuvwxyz0123456789.-"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    size_t length = strlen(bucket), fine = strspn(bucket, taken);
    size_t lower = strcspn(bucket, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    if (length < 3 || fine != length || length > (in_host ? 63 : 255) ||
        (in_host && lower != length)) {
        return 0;
    }
    return bucket[0] != '.' && bucket[0] != '-' && bucket[length - 1] != '.' &&
           bucket[length - 1] != '-' && strstr(bucket, "..") == NULL;
}

const char *cvg_place_url_of_bucket(struct cvg_place_url *url, const char *service,
                                    const char *bucket)
{
    const char *host = strstr(service, "://");
    if (host == NULL) {
        return "url is not one";
    }
    host += 3;
    size_t length = strcspn(host, "/"), name = strcspn(host, ":/");
    if (host[0] == '[' || strspn(host, "0123456789.") == name) {
        return "url names an address, before which no bucket can stand: set path_style: true";
    }
    if (!cvg_place_is_bucket(bucket, 1)) {
        return "is not a bucket's name of today (3 to 63 of a-z, 0-9, '-' and '.'): set "
               "path_style: true for an older one";
    }
    if (strchr(bucket, '.') != NULL && strncmp(service, "https:", 6) == 0) {
        return "has a dot, so that no certificate fits its host: set path_style: true";
    }
    const char *path = host + length;
    size_t path_length = strlen(path);
    while (path_length > 0 && path[path_length - 1] == '/') {
        path_length--;
    }
    add(url, service, (size_t)(host - service));
    cvg_place_url_add(url, bucket);
    cvg_place_url_add(url, ".");
    add(url, host, length + path_length);
    return url->full ? "url and bucket are too long" : NULL;
}
