/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of states; see remote_download.h. */
#include "remote_download.h"

#include <string.h>
#include <strings.h>

/* Of "https://", "http://"; 0: neither. */
static size_t scheme_length(const char *url)
{
    if (strncasecmp(url, "https://", 8) == 0) {
        return 8;
    }
    return strncasecmp(url, "http://", 7) == 0 ? 7 : 0;
}

static int is_this_machine(const char *authority, size_t length)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t name_length = strlen(names[i]);
        if (length >= name_length && strncasecmp(authority, names[i], name_length) == 0 &&
            (length == name_length || authority[name_length] == ':')) {
            return 1;
        }
    }
    return 0;
}

static int is_safe(const char *url)
{
    size_t scheme = scheme_length(url);
    const char *authority = url + scheme;
    size_t length = strcspn(authority, "/?#");
    if (scheme == 0 || length == 0 || memchr(authority, '@', length) != NULL ||
        strchr(url, '\\') != NULL) {
        return 0;
    }
    return scheme == 8 || is_this_machine(authority, length);
}

/* Nothing that is not printable, and no blank. */
static int is_plain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] <= 0x20 || (unsigned char)text[i] >= 0x7f) {
            return 0;
        }
    }
    return length > 0;
}

int cvg_tf_remote_join(const char *from, const char *to, size_t length, char *ret, size_t size)
{
    size_t origin = 0;
    if (!is_plain(to, length)) {
        return -1;
    }
    if (to[0] == '/') {
        size_t scheme = scheme_length(from);
        if (scheme == 0 || (length > 1 && to[1] == '/')) {
            return -1;
        }
        origin = scheme + strcspn(from + scheme, "/?#");
    }
    if (origin + length >= size) {
        return -1;
    }
    memcpy(ret, from, origin);
    memcpy(ret + origin, to, length);
    ret[origin + length] = '\0';
    return is_safe(ret) ? 0 : -1;
}
