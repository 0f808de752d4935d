/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request to its signature in the algorithm's own four steps: canonical request, string to
 * sign, signing key, signature. The canonical request's parts are in sigv4_canonical.c.
 */
#include "crypto/sigv4.h"

#include "crypto/hex.h"
#include "crypto/hmac.h"
#include "crypto/sigv4_canonical.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SCOPE_MAX         ((size_t)512)
#define AUTHORIZATION_MAX ((size_t)8 << 10)

static void wipe(struct cvg_buf *buf)
{
    if (buf->data) {
        explicit_bzero(buf->data, buf->capacity);
    }
    cvg_buf_done(buf);
}

void cvg_sigv4_done(struct cvg_sigv4_signature *signature)
{
    wipe(&signature->authorization);
    wipe(&signature->canonical);
}

/* Keys go into one header's value between commas and slashes. */
static bool is_key(const char *text)
{
    for (const char *c = text; c && *c; c++) {
        if (*c <= 0x20 || *c > 0x7e || *c == ',') {
            return false;
        }
    }
    return text && *text;
}

static int check(const struct cvg_sigv4_keys *keys, const struct cvg_sigv4_request *request,
                 struct cvg_error *reterr)
{
    const struct {
        const char *name, *value;
        bool scope;
    } parts[] = {{"region", keys->region, true},
                 {"service", keys->service, true},
                 {"access_key", keys->access_key, true},
                 {"secret_key", keys->secret_key, false},
                 {"session_token", keys->session_token ? keys->session_token : "-", false}};

    for (size_t i = 0; i < CVG_COUNT(parts); i++) {
        if (!is_key(parts[i].value) || (parts[i].scope && strchr(parts[i].value, '/'))) {
            return cvg_error_set(reterr, CVG_E_INVALID,
                                 "%s is empty, or has a character that none of these has",
                                 parts[i].name);
        }
    }
    if (request->wall_ns < 0) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the clock is before 1970");
    }
    return 0;
}

static int write_date(int64_t wall_ns, char *ret, size_t size, struct cvg_error *reterr)
{
    time_t seconds = (time_t)(wall_ns / 1000000000);
    struct tm parts;
    if (!gmtime_r(&seconds, &parts) || !strftime(ret, size, "%Y%m%dT%H%M%SZ", &parts)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the clock is beyond the year 9999");
    }
    return 0;
}

static void derive(const struct cvg_sigv4_keys *keys, const char *day,
                   unsigned char ret[CVG_SHA256_SIZE])
{
    struct cvg_buf seed = CVG_BUF_INIT(AUTHORIZATION_MAX);
    cvg_buf_printf(&seed, "AWS4%s", keys->secret_key);
    cvg_hmac_sha256(cvg_buf_text(&seed), seed.length, day, strlen(day), ret);
    wipe(&seed);
    const char *const steps[] = {keys->region, keys->service, "aws4_request"};
    for (size_t i = 0; i < CVG_COUNT(steps); i++) {
        unsigned char next[CVG_SHA256_SIZE];
        cvg_hmac_sha256(ret, CVG_SHA256_SIZE, steps[i], strlen(steps[i]), next);
        memcpy(ret, next, CVG_SHA256_SIZE);
        explicit_bzero(next, sizeof next);
    }
}

/* String to sign, key and signature, from the canonical request. */
static void authorize(const struct cvg_sigv4_keys *keys, const char *signed_headers,
                      struct cvg_sigv4_signature *ret)
{
    char day[9], scope[SCOPE_MAX], hash[CVG_SHA256_HEX], signature[CVG_SHA256_HEX];
    snprintf(day, sizeof day, "%.8s", ret->date);
    snprintf(scope, sizeof scope, "%s/%s/%s/aws4_request", day, keys->region, keys->service);
    cvg_sha256_hex(cvg_buf_text(&ret->canonical), ret->canonical.length, hash);
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(SCOPE_MAX * 2);
    cvg_buf_printf(&text, "AWS4-HMAC-SHA256\n%s\n%s\n%s", ret->date, scope, hash);
    unsigned char key[CVG_SHA256_SIZE], code[CVG_SHA256_SIZE];
    derive(keys, day, key);
    cvg_hmac_sha256(key, sizeof key, cvg_buf_text(&text), text.length, code);
    explicit_bzero(key, sizeof key);
    cvg_hex_write(code, sizeof code, signature);
    cvg_buf_printf(&ret->authorization,
                   "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                   keys->access_key, scope, signed_headers, signature);
}

int cvg_sigv4_sign(const struct cvg_sigv4_keys *keys, const struct cvg_sigv4_request *request,
                   struct cvg_sigv4_signature *ret, struct cvg_error *reterr)
{
    struct cvg_sigv4_signature made = {
        .authorization = CVG_BUF_INIT(AUTHORIZATION_MAX),
        .canonical = CVG_BUF_INIT(CVG_SIGV4_CANONICAL_MAX),
    };
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf signed_headers = CVG_BUF_INIT(AUTHORIZATION_MAX / 2);
    int code = check(keys, request, reterr);
    if (!code && strlen(keys->region) + strlen(keys->service) > SCOPE_MAX / 2) {
        code = cvg_error_set(reterr, CVG_E_TOO_LARGE, "region and service are too long");
    }
    if (!code) {
        code = write_date(request->wall_ns, made.date, sizeof made.date, reterr);
    }
    if (code) {
        return code;
    }
    cvg_sha256_hex(request->body, request->body_length, made.body_sha256);
    const struct cvg_sigv4_own own = {
        .headers = {{"X-Amz-Date", made.date},
                    {"X-Amz-Content-Sha256", request->s3 ? made.body_sha256 : NULL},
                    {"X-Amz-Security-Token", keys->session_token}},
        .body_sha256 = made.body_sha256,
    };
    code = cvg_sigv4_canonical(request, &own, &made.canonical, &signed_headers, reterr);
    if (!code) {
        authorize(keys, cvg_buf_text(&signed_headers), &made);
        if (made.authorization.overflow) {
            code = cvg_error_set(reterr, CVG_E_TOO_LARGE, "the keys are too long");
        }
    }
    if (code) {
        cvg_sigv4_done(&made);
        return code;
    }
    *ret = made;
    return 0;
}
