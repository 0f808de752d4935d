/* SPDX-License-Identifier: Apache-2.0 */
/* Challenges and tokens; see challenge.h. */
#include "challenge.h"

#include "kit/pointer.h"

#include <convergate/number.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SECOND       INT64_C(1000000000)
#define LIFE_DEFAULT 60 /* by the specification */
#define LIFE_MOST    3600
#define TOKEN_MOST   ((size_t)16 << 10)

/* name="value" or name=value at `at`. Behind it, or NULL where there is none. */
static const char *read_parameter(const char *at, const char *end, char *name, size_t name_size,
                                  char *value, size_t value_size)
{
    size_t length = 0;
    while (at < end && (*at == ' ' || *at == ',' || *at == '\t')) {
        at++;
    }
    while (at < end && *at != '=' && *at != ' ' && *at != ',' && length + 1 < name_size) {
        name[length++] = *at++;
    }
    name[length] = '\0';
    if (at >= end || *at != '=' || length == 0) {
        return NULL;
    }
    int quoted = ++at < end && *at == '"';
    at += quoted;
    length = 0;
    while (at < end && (quoted ? *at != '"' : *at != ',' && *at != ' ')) {
        at += quoted && *at == '\\' && at + 1 < end;
        if (length + 1 >= value_size) {
            return NULL;
        }
        value[length++] = *at++;
    }
    value[length] = '\0';
    return quoted && at >= end ? NULL : at + quoted;
}

static int read_bearer(const char *at, const char *end, struct cvg_http_challenge *ret)
{
    char name[32], value[sizeof(ret->realm)];
    *ret = (struct cvg_http_challenge){.realm = ""};
    while (at < end &&
           (at = read_parameter(at, end, name, sizeof(name), value, sizeof(value))) != NULL) {
        if (strcasecmp(name, "realm") == 0) {
            memcpy(ret->realm, value, strlen(value) + 1);
        } else if (strcasecmp(name, "service") == 0 && strlen(value) < sizeof(ret->service)) {
            memcpy(ret->service, value, strlen(value) + 1);
        }
    }
    return ret->realm[0] != '\0' ? 0 : -1;
}

int cvg_http_challenge_read(const char *headers, struct cvg_http_challenge *ret)
{
    static const char name[] = "www-authenticate:", scheme[] = "bearer ";
    for (const char *line = headers; line != NULL && *line != '\0';) {
        const char *end = line + strcspn(line, "\n");
        if (strncasecmp(line, name, sizeof(name) - 1) == 0) {
            const char *at = line + sizeof(name) - 1;
            at += strspn(at, " \t");
            if (strncasecmp(at, scheme, sizeof(scheme) - 1) == 0 &&
                read_bearer(at + sizeof(scheme) - 1, end, ret) == 0) {
                return 0;
            }
        }
        line = *end == '\n' ? end + 1 : end;
    }
    return -1;
}

int cvg_http_origin(const char *url, char ret[CVG_HTTP_ORIGIN_SIZE])
{
    int tls = strncasecmp(url, "https://", 8) == 0;
    if (!tls && strncasecmp(url, "http://", 7) != 0) {
        return -1;
    }
    const char *host = url + (tls ? 8 : 7);
    size_t length = strcspn(host, "/?#");
    const char *bracket = memchr(host, ']', length);
    const char *behind = bracket != NULL ? bracket : host;
    int has_port = memchr(behind, ':', (size_t)(host + length - behind)) != NULL;
    if (length == 0 || length > 256 || memchr(host, '@', length) != NULL) {
        return -1;
    }
    (void)snprintf(ret, CVG_HTTP_ORIGIN_SIZE, "%s%.*s%s", tls ? "https://" : "http://", (int)length,
                   host,
                   has_port ? ""
                   : tls    ? ":443"
                            : ":80");
    for (char *c = ret; *c != '\0'; c++) {
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    }
    return 0;
}

/* What may stand behind "Bearer " (RFC 6750). */
static int is_token(const struct cvg_kit_pointed *value)
{
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._~+/=";
    return value->kind == CVG_JSON_STRING && value->length > 0 && value->length <= TOKEN_MOST &&
           strspn(value->text, bytes) == value->length;
}

int cvg_http_token_read(const char *body, size_t length, struct cvg_kit_arena *arena,
                        struct cvg_http_token *ret)
{
    static const char *const pointers[] = {"/token", "/access_token", "/expires_in"};
    struct cvg_kit_pointed found[3];
    const char *error = NULL;
    uint64_t life = LIFE_DEFAULT;
    if (cvg_kit_pointer_find(body, length, pointers, 3, arena, found, &error) < 0) {
        return -1;
    }
    const struct cvg_kit_pointed *token = is_token(&found[0]) ? &found[0] : &found[1];
    if (!is_token(token)) {
        return -1;
    }
    if (found[2].kind == CVG_JSON_NUMBER &&
        cvg_parse_uint64(found[2].text, found[2].length, &life) == 0 && life > LIFE_MOST) {
        life = LIFE_MOST;
    }
    *ret = (struct cvg_http_token){token->text, token->length, (int64_t)life * SECOND};
    return 0;
}
