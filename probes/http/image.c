/* SPDX-License-Identifier: Apache-2.0 */
/* Names of images; see image.h. */
#include "image.h"

#include <convergate/number.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define LARGE "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static int complain(char *ret, size_t size, const char *why)
{
    (void)snprintf(ret, size, "%s", why);
    return -1;
}

static size_t span(const char *text, size_t length, const char *of)
{
    size_t count = 0;
    while (count < length && text[count] != '\0' && strchr(of, text[count]) != NULL) {
        count++;
    }
    return count;
}

int cvg_http_is_digest(const char *text, size_t length)
{
    static const struct {
        const char *name;
        size_t digits;
    } kinds[] = {{"sha256:", 64}, {"sha512:", 128}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t name = strlen(kinds[i].name);
        if (length == name + kinds[i].digits && memcmp(text, kinds[i].name, name) == 0) {
            return span(text + name, kinds[i].digits, DIGIT "abcdef") == kinds[i].digits;
        }
    }
    return 0;
}

static int is_port(const char *text, size_t length)
{
    uint64_t port = 0;
    return cvg_parse_uint64(text, length, &port) == 0 && port > 0 && port <= 65535;
}

/* A name or an address, and a port: what makes it a registry is a dot, a port, or "localhost". */
static int is_registry(const char *text, size_t length)
{
    const char *bracket = *text == '[' ? memchr(text, ']', length) : NULL;
    size_t host =
        bracket != NULL ? (size_t)(bracket - text) + 1 : span(text, length, SMALL LARGE DIGIT ".-");
    int is_address =
        bracket != NULL && span(text + 1, host - 2, DIGIT "abcdefABCDEF:.") == host - 2;
    int has_port = host < length && text[host] == ':';
    if (host == 0 || (*text == '[' && !is_address) ||
        (has_port ? !is_port(text + host + 1, length - host - 1) : host != length)) {
        return 0;
    }
    return has_port || is_address || memchr(text, '.', length) != NULL ||
           (length == 9 && memcmp(text, "localhost", 9) == 0);
}

/* Small letters and digits, with '.', '_', "__" or dashes between them. */
static int is_component(const char *text, size_t length)
{
    size_t at = span(text, length, SMALL DIGIT);
    while (at > 0 && at < length) {
        size_t between = span(text + at, length - at, "._-");
        size_t more = span(text + at + between, length - at - between, SMALL DIGIT);
        if (between == 0 || more == 0 || (text[at] == '.' && between > 1) ||
            (text[at] == '_' && between > 2)) {
            return 0;
        }
        at += between + more;
    }
    return at > 0;
}

static int is_repository(const char *text, size_t length)
{
    while (length > 0) {
        const char *slash = memchr(text, '/', length);
        size_t part = slash != NULL ? (size_t)(slash - text) : length;
        if (!is_component(text, part)) {
            return 0;
        }
        if (slash == NULL) {
            return 1;
        }
        text += part + 1;
        length -= part + 1;
    }
    return 0;
}

static int is_tag(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= 128 && *text != '.' && *text != '-' &&
           span(text, length, SMALL LARGE DIGIT "._-") == length;
}

static int take_reference(const char *text, struct cvg_http_image *image)
{
    image->is_digest = cvg_http_is_digest(text, strlen(text));
    if (!image->is_digest && !is_tag(text)) {
        return -1;
    }
    (void)snprintf(image->reference, sizeof(image->reference), "%s", text);
    return 0;
}

static int take_place(const char *registry, size_t registry_length, const char *repository,
                      size_t length, struct cvg_http_image *image)
{
    int is_hub = (registry_length == 9 && memcmp(registry, "docker.io", 9) == 0) ||
                 (registry_length == 15 && memcmp(registry, "index.docker.io", 15) == 0);
    int is_short = is_hub && memchr(repository, '/', length) == NULL;
    if (is_hub) {
        registry = "registry-1.docker.io";
        registry_length = strlen(registry);
    }
    if (registry_length >= sizeof(image->registry) || length + 8 >= sizeof(image->repository)) {
        return -1;
    }
    (void)snprintf(image->registry, sizeof(image->registry), "%.*s", (int)registry_length,
                   registry);
    (void)snprintf(image->repository, sizeof(image->repository), "%s%.*s",
                   is_short ? "library/" : "", (int)length, repository);
    return 0;
}

int cvg_http_image_parse(const char *name, struct cvg_http_image *ret, char *ret_why, size_t size)
{
    struct cvg_http_image image = {.is_digest = 0};
    size_t registry = strcspn(name, "/");
    if (name[registry] == '\0' || !is_registry(name, registry)) {
        return complain(ret_why, size,
                        "needs the registry's name before the first '/': "
                        "docker.io/library/nginx:1.25, ghcr.io/acme/api:1.4.2");
    }
    const char *repository = name + registry + 1;
    const char *digest = strchr(repository, '@');
    const char *tag = memchr(repository, ':',
                             digest != NULL ? (size_t)(digest - repository) : strlen(repository));
    const char *end = tag != NULL ? tag : digest;
    if (end == NULL) {
        return complain(ret_why, size, "needs a tag (:1.4.2) or a digest (@sha256:...)");
    }
    if (!is_repository(repository, (size_t)(end - repository)) ||
        take_place(name, registry, repository, (size_t)(end - repository), &image) < 0) {
        return complain(ret_why, size, "is not the name of an image: REGISTRY/REPOSITORY:TAG");
    }
    /* Where there are both, the digest is what would be pulled. */
    if (take_reference(digest != NULL ? digest + 1 : tag + 1, &image) < 0 ||
        (digest != NULL && !image.is_digest)) {
        return complain(ret_why, size, "has a tag or digest that is none");
    }
    *ret = image;
    return 0;
}
