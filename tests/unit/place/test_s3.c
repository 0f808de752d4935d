/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at a bucket: what is asked in which order, and what comes of each answer. That signatures
 * are right is tested by a service that verifies them (tests/e2e/test_terraform_clouds.py).
 */
#include "base/macros.h"
#include "dialogue.h"
#include "place/place.h"
#include "stage.h"
#include "unit/io/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STATE "GET /tfstate/env%3A/pr%C3%B6d/app%20%2B1.tfstate HTTP"
#define LOCK  "GET /tfstate/env%3A/pr%C3%B6d/app%20%2B1.tfstate.tflock HTTP"
#define KEY                                                                                        \
    "env:/pr\xc3\xb6"                                                                              \
    "d/app +1.tfstate"
#define TABLE            "POST / HTTP"
#define GONE             "<Error><Code>NoSuchKey</Code><Key>k</Key></Error>"
#define NOT_HERE         "404 Not Found", NULL, GONE
#define ETAG             "ETag: \"e1\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define HOLDER           "{\"ID\":\"1\"}"
#define MD5              "900150983cd24fb0d6963f7d28e17f72" /* of "abc" */
#define ITEM(name, text) "{\"Item\":{\"LockID\":{\"S\":\"x\"},\"" name "\":{\"S\":\"" text "\"}}}"

static const struct cvg_place_settings plain = {
    .path = KEY, .limit = 4096, .bucket = "tfstate", .path_style = 1, .lock_object = 1};

struct bucket {
    struct dialogue dialogue;
    struct stage stage;
    char url[64];
};

static void open_bucket(struct bucket *bucket, const struct cvg_place_settings *settings,
                        bool with_table)
{
    static const char *const keys[] = {"CVG_TEST_ID", "CVG_TEST_SECRET"};
    struct cvg_place_settings mine = *settings;
    char text[512];
    for (size_t i = 0; i < CVG_COUNT(keys); i++) {
        harness_setenv(keys[i], "AKIDEXAMPLE");
    }
    dialogue_start(&bucket->dialogue);
    (void)snprintf(bucket->url, sizeof bucket->url, "http://127.0.0.1:%u",
                   dialogue_port(&bucket->dialogue));
    if (with_table) {
        mine.dynamodb_table = "locks";
        mine.dynamodb_url = bucket->url;
    }
    (void)snprintf(text, sizeof text,
                   ", url: '%s', sigv4: {region: eu-central-1, service: s3, access_key: "
                   "'env:CVG_TEST_ID', secret_key: 'env:CVG_TEST_SECRET'}",
                   bucket->url);
    stage_open(&bucket->stage, text, &cvg_place_s3, &mine);
}

static void close_bucket(struct bucket *bucket)
{
    stage_close(&bucket->stage);
    dialogue_stop(&bucket->dialogue);
}

static const struct cvg_place_sight *look(struct bucket *bucket, const struct line *lines)
{
    dialogue_expect(&bucket->dialogue, lines);
    const struct cvg_place_sight *sight = stage_look(&bucket->stage);
    dialogue_check(&bucket->dialogue);
    return sight;
}

static void a_new_object_has_its_lock_asked_before_and_after(void **state)
{
    (void)state;

    static const struct line lines[] = {
        {LOCK, NULL, NOT_HERE},
        {STATE, "!If-None-Match", "200 OK", ETAG, "abc"},
        {LOCK, NULL, NOT_HERE},
        {NULL, NULL, NULL, NULL, NULL},
    };
    static const struct line again[] = {
        {LOCK, NULL, NOT_HERE},
        {STATE, "If-None-Match: \"e1\"\r\n", "304 Not Modified", ETAG, NULL},
        {NULL, NULL, NULL, NULL, NULL},
    };
    static const struct line gone[] = {
        {LOCK, NULL, NOT_HERE},
        {STATE, "If-None-Match: \"e1\"\r\n", NOT_HERE},
        {NULL, NULL, NULL, NULL, NULL},
    };

    struct bucket bucket;
    open_bucket(&bucket, &plain, false);
    const struct cvg_place_sight *sight = look(&bucket, lines);
    assert_int_equal(sight->fault, 0);
    assert_string_equal(sight->bytes, "abc");
    assert_int_equal(sight->length, 3);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_FREE);
    assert_int_equal(sight->changed_at, INT64_C(784111777) * 1000000000);
    for (int i = 0; i < 2; i++) {
        sight = look(&bucket, again);
        assert_int_equal(sight->unchanged, 1);
        assert_int_equal(sight->lock, CVG_PLACE_LOCK_FREE);
    }
    sight = look(&bucket, gone);
    assert_int_equal(sight->absent, 1);
    assert_string_equal(sight->text, "there is no s3://tfstate/" KEY);
    look(&bucket, lines); /* what was gone is read whole when it is back */
    close_bucket(&bucket);
}

static void a_lock_at_any_time_counts(void **state)
{
    (void)state;

    static const struct line before[] = {
        {LOCK, NULL, "200 OK", NULL, HOLDER},
        {STATE, NULL, "200 OK", NULL, "abc"},
        {NULL, NULL, NULL, NULL, NULL},
    };
    static const struct line after[] = {
        {LOCK, NULL, NOT_HERE},
        {STATE, NULL, "200 OK", NULL, "abc"},
        {LOCK, NULL, "200 OK", NULL, HOLDER},
        {NULL, NULL, NULL, NULL, NULL},
    };
    static const struct line without_state[] = {
        {LOCK, NULL, "200 OK", NULL, HOLDER},
        {STATE, NULL, NOT_HERE},
        {NULL, NULL, NULL, NULL, NULL},
    };

    const struct line *const cases[] = {before, after, without_state};
    struct bucket bucket;
    open_bucket(&bucket, &plain, false);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const struct cvg_place_sight *sight = look(&bucket, cases[i]);
        assert_int_equal(sight->lock, CVG_PLACE_LOCK_HELD);
        assert_string_equal(sight->lock_note, HOLDER);
        assert_int_equal(sight->lock_note_length, strlen(HOLDER));
    }
    close_bucket(&bucket);
}

static void a_note_that_is_too_long_is_a_lock_all_the_same(void **state)
{
    (void)state;
    static char note[20001];
    memset(note, 'x', sizeof note - 1);
    const struct line lines[] = {
        {LOCK, NULL, "200 OK", NULL, note},
        {STATE, NULL, "200 OK", NULL, "abc"},
        {NULL, NULL, NULL, NULL, NULL},
    };
    struct bucket bucket;
    open_bucket(&bucket, &plain, false);
    assert_int_equal(look(&bucket, lines)->lock, CVG_PLACE_LOCK_HELD);
    close_bucket(&bucket);
}

static void a_weak_tag_is_not_trusted(void **state)
{
    (void)state;

    static const struct line lines[] = {
        {STATE, "!If-None-Match", "200 OK", "ETag: W/\"e1\"\r\n", "abc"},
        {NULL, NULL, NULL, NULL, NULL},
    };

    struct bucket bucket;
    struct cvg_place_settings settings = plain;
    settings.lock_object = 0;
    open_bucket(&bucket, &settings, false);
    for (int i = 0; i < 2; i++) {
        const struct cvg_place_sight *sight = look(&bucket, lines);
        assert_non_null(sight->bytes);
        assert_int_equal(sight->lock, CVG_PLACE_LOCK_UNSEEN); /* nothing is asked for it */
    }
    close_bucket(&bucket);
}

static void the_table_has_locks_and_digests(void **state)
{
    (void)state;

    static const struct line fresh[] = {
        {TABLE, "\r\nX-Amz-Target: DynamoDB_20120810.GetItem\r\n", "200 OK", NULL, "{}"},
        {STATE, NULL, "200 OK", ETAG, "abc"},
        {TABLE,
         "{\"TableName\":\"locks\",\"Key\":{\"LockID\":{\"S\":\"tfstate/" KEY
         "\"}},\"ConsistentRead\":true,\"ProjectionExpression\":\"LockID, Info\"}",
         "200 OK", NULL, "{}"},
        {TABLE,
         "app +1.tfstate-md5\"}},\"ConsistentRead\":true,\"ProjectionExpression\":\"LockID, "
         "Digest\"}",
         "200 OK", NULL, ITEM("Digest", MD5)},
        {NULL, NULL, NULL, NULL, NULL},
    };
    static const struct line unchanged[] = {
        {TABLE, "/eu-central-1/dynamodb/aws4_request", "200 OK", NULL, "{}"},
        {STATE, "/eu-central-1/s3/aws4_request", "304 Not Modified", NULL, NULL},
        {TABLE, "Digest", "200 OK", NULL, ITEM("Digest", MD5)},
        {NULL, NULL, NULL, NULL, NULL},
    };
    static const struct line locked[] = {
        {TABLE, "Info", "200 OK", NULL, ITEM("Info", "{\\\"ID\\\":\\\"1\\\"}")},
        {STATE, NULL, "304 Not Modified", NULL, NULL},
        {TABLE, "Digest", "200 OK", NULL, "{}"},
        {NULL, NULL, NULL, NULL, NULL},
    };

    struct bucket bucket;
    struct cvg_place_settings settings = plain;
    settings.lock_object = 0;
    open_bucket(&bucket, &settings, true);
    const struct cvg_place_sight *sight = look(&bucket, fresh);
    assert_string_equal(sight->bytes, "abc");
    assert_int_equal(sight->digest_mismatch, 0);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_FREE);
    sight = look(&bucket, unchanged);
    assert_int_equal(sight->unchanged, 1);
    assert_int_equal(sight->digest_mismatch, 0);
    sight = look(&bucket, locked);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_HELD);
    assert_string_equal(sight->lock_note, HOLDER);
    close_bucket(&bucket);
}

/* A writer may have come between the state and the digest, so it is looked at once more. */
static void a_digest_that_differs_is_told_after_a_second_look(void **state)
{
    (void)state;

    static const struct line mended[] = {
        {TABLE, "Info", "200 OK", NULL, "{}"},
        {STATE, NULL, "200 OK", ETAG, "old"},
        {TABLE, "Info", "200 OK", NULL, "{}"},
        {TABLE, "Digest", "200 OK", NULL, ITEM("Digest", MD5)},
        {TABLE, "Info", "200 OK", NULL, "{}"},
        {STATE, "!If-None-Match", "200 OK", ETAG, "abc"},
        {TABLE, "Info", "200 OK", NULL, "{}"},
        {TABLE, "Digest", "200 OK", NULL, ITEM("Digest", MD5)},
        {NULL, NULL, NULL, NULL, NULL},
    };
    static const struct line wrong[] = {
        {TABLE, "Info", "200 OK", NULL, "{}"},
        {STATE, NULL, "304 Not Modified", ETAG, NULL},
        {TABLE, "Digest", "200 OK", NULL, ITEM("Digest", "00")},
        {TABLE, "Info", "200 OK", NULL, "{}"},
        {STATE, "!If-None-Match", "200 OK", ETAG, "abc"},
        {TABLE, "Info", "200 OK", NULL, "{}"},
        {TABLE, "Digest", "200 OK", NULL, ITEM("Digest", "00")},
        {NULL, NULL, NULL, NULL, NULL},
    };
    static const struct line being_written[] = {
        {TABLE, "Info", "200 OK", NULL, ITEM("Info", "x")},
        {STATE, "!If-None-Match", "200 OK", ETAG, "abc"},
        {TABLE, "Digest", "200 OK", NULL, ITEM("Digest", "00")},
        {NULL, NULL, NULL, NULL, NULL},
    };
    static const struct line removed[] = {
        {TABLE, "Info", "200 OK", NULL, ITEM("Info", "x")},
        {STATE, NULL, NOT_HERE},
        {TABLE, "Digest", "200 OK", NULL, ITEM("Digest", MD5)},
        {NULL, NULL, NULL, NULL, NULL},
    };

    struct bucket bucket;
    struct cvg_place_settings settings = plain;
    settings.lock_object = 0;
    open_bucket(&bucket, &settings, true);
    const struct cvg_place_sight *sight = look(&bucket, mended);
    assert_int_equal(sight->digest_mismatch, 0);
    assert_string_equal(sight->bytes, "abc");
    sight = look(&bucket, wrong);
    assert_int_equal(sight->digest_mismatch, 1);
    sight = look(&bucket, being_written); /* and read whole: what does not fit is not remembered */
    assert_int_equal(sight->digest_mismatch, 1);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_HELD);
    sight = look(&bucket, removed);
    assert_int_equal(sight->absent, 1);
    assert_int_equal(sight->digest_mismatch, 1);
    close_bucket(&bucket);
}

static void any_object_below_a_prefix_is_a_lock_of_pulumi(void **state)
{
    (void)state;

#define LIST "GET /tfstate/?list-type=2&max-keys=1&prefix=.pulumi%2Flocks%2Fo%2Fp%2Fs%2F HTTP"
#define NONE "<?xml version='1.0'?><ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>"
#define ONE                                                                                        \
    "<ListBucketResult><Contents><Key>.pulumi/locks/o/p/s/a&amp;b.json</Key></Contents>"           \
    "</ListBucketResult>"
#define BELOW "GET /tfstate/.pulumi/locks/o/p/s/a%26b.json HTTP"
    static const struct line free_one[] = {
        {LIST, NULL, "200 OK", NULL, NONE},
        {STATE, NULL, "200 OK", NULL, "abc"},
        {LIST, NULL, "200 OK", NULL, NONE},
        {NULL, NULL, NULL, NULL, NULL},
    };
    static const struct line held[] = {
        {LIST, NULL, "200 OK", NULL, ONE},
        {BELOW, NULL, "200 OK", NULL, HOLDER},
        {STATE, NULL, "200 OK", NULL, "abc"},
        {NULL, NULL, NULL, NULL, NULL},
    };
    static const struct line left[] = {
        {LIST, NULL, "200 OK", NULL, ONE},
        {BELOW, NULL, NOT_HERE},
        {STATE, NULL, "200 OK", NULL, "abc"},
        {NULL, NULL, NULL, NULL, NULL},
    };
    static const struct line no_list[] = {
        {LIST, NULL, "200 OK", NULL, "<html><body>Welcome</body></html>"},
        {NULL, NULL, NULL, NULL, NULL},
    };

    struct bucket bucket;
    struct cvg_place_settings settings = plain;
    settings.style = CVG_PLACE_PULUMI;
    settings.lock_path = ".pulumi/locks/o/p/s/";
    open_bucket(&bucket, &settings, false);
    assert_int_equal(look(&bucket, free_one)->lock, CVG_PLACE_LOCK_FREE);
    const struct cvg_place_sight *sight = look(&bucket, held);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_HELD);
    assert_string_equal(sight->lock_note, HOLDER);
    sight = look(&bucket, left);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_HELD);
    assert_string_equal(sight->lock_note, "");
    sight = look(&bucket, no_list);
    assert_int_equal(sight->fault, CVG_FAULT_PROTOCOL);
    assert_string_equal(sight->reason, "BadAnswer");
    close_bucket(&bucket);
}

#define ERROR(code) "<Error><Code>" code "</Code><Secret>hush</Secret></Error>"

static void refusals_are_told_by_the_services_own_words(void **state)
{
    (void)state;

    static const struct {
        const char *status, *headers, *body;
        uint32_t fault;
        const char *reason, *text;
    } cases[] = {
        {"403 F", NULL, ERROR("SignatureDoesNotMatch"), CVG_FAULT_AUTH, "Unauthorized",
         "the object: 403 SignatureDoesNotMatch: look at sigv4.secret_key, and whether a proxy "
         "changes requests"},
        {"403 F", NULL, ERROR("AccessDenied"), CVG_FAULT_AUTH, "Forbidden",
         "the object: 403 AccessDenied: the keys lack s3:GetObject on it, or it is not there and "
         "they lack s3:ListBucket"},
        {"403 F", NULL, ERROR("RequestTimeTooSkewed"), CVG_FAULT_AUTH, "Unauthorized",
         "the object: 403 RequestTimeTooSkewed: is this machine's clock right?"},
        {"404 N", NULL, ERROR("NoSuchBucket"), CVG_FAULT_REQUEST, "BucketMissing",
         "the object: 404 NoSuchBucket: there is no such bucket"},
        {"404 N", NULL, "<html>Not found</html>", CVG_FAULT_PROTOCOL, "BadAnswer",
         "the object: 404, not in the words of S3: does url lead to it?"},
        {"301 M", "x-amz-bucket-region: us-west-2\r\n", ERROR("PermanentRedirect"),
         CVG_FAULT_REQUEST, "WrongRegion",
         "the object: 301 PermanentRedirect: the bucket is in another region: us-west-2"},
        {"400 B", NULL,
         "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>",
         CVG_FAULT_REQUEST, "WrongRegion",
         "the object: 400 AuthorizationHeaderMalformed: the bucket is in another region: "
         "eu-west-1"},
        {"307 T", "Location: http://elsewhere/\r\n", ERROR("TemporaryRedirect"), CVG_FAULT_PROTOCOL,
         "Redirected",
         "the object: 307 TemporaryRedirect: the bucket is on its way to another address"},
        {"503 S", NULL, ERROR("SlowDown"), CVG_FAULT_THROTTLED, "Throttled",
         "the object: 503 SlowDown: asked too often"},
        {"500 I", NULL, ERROR("InternalError"), CVG_FAULT_PROTOCOL, "SourceError",
         "the object: 500 InternalError: it could not answer"},
        {"403 F", NULL, ERROR("Hush<!-- -->\x1b[31m"), CVG_FAULT_AUTH, "Forbidden",
         "the object: 403: it may not be read"},
        {"418 T", NULL, ERROR("Teapot"), CVG_FAULT_PROTOCOL, "SourceError",
         "the object: 418: it could not answer (Teapot)"},
        {"CUT", NULL, "half", CVG_FAULT_PROTOCOL, "BadAnswer",
         "the object: the answer ended early, "},
    };

    struct bucket bucket;
    struct cvg_place_settings settings = plain;
    settings.lock_object = 0;
    open_bucket(&bucket, &settings, false);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const struct line lines[] = {
            {STATE, NULL, cases[i].status, cases[i].headers, cases[i].body},
            {NULL, NULL, NULL, NULL, NULL},
        };
        const struct cvg_place_sight *sight = look(&bucket, lines);
        assert_int_equal(sight->fault, cases[i].fault);
        assert_string_equal(sight->reason, cases[i].reason);
        assert_memory_equal(sight->text, cases[i].text, strlen(cases[i].text));
        assert_null(strstr(sight->text, "hush"));
    }
    close_bucket(&bucket);
}

static void the_tables_refusals_too(void **state)
{
    (void)state;

#define TYPE(word) "{\"__type\":\"com.amazonaws.dynamodb.v20120810#" word "\",\"message\":\"hush\"}"

    static const struct {
        const char *status, *body;
        uint32_t fault;
        const char *reason;
    } cases[] = {
        {"400 B", TYPE("ResourceNotFoundException"), CVG_FAULT_REQUEST, "BucketMissing"},
        {"400 B", TYPE("AccessDeniedException"), CVG_FAULT_AUTH, "Forbidden"},
        {"400 B", TYPE("InvalidSignatureException"), CVG_FAULT_AUTH, "Unauthorized"},
        {"400 B", TYPE("ThrottlingException"), CVG_FAULT_THROTTLED, "Throttled"},
        {"400 B", "<html>", CVG_FAULT_PROTOCOL, "SourceError"},
        {"200 OK", "<html>", CVG_FAULT_PROTOCOL, "BadAnswer"},
        {"200 OK", "[]", CVG_FAULT_PROTOCOL, "BadAnswer"},
        {"200 OK", "{} {}", CVG_FAULT_PROTOCOL, "BadAnswer"},
        {"200 OK", "{\"Item\":{\"Info\":{\"S\":\"x", CVG_FAULT_PROTOCOL, "BadAnswer"},
    };

    struct bucket bucket;
    struct cvg_place_settings settings = plain;
    settings.lock_object = 0;
    open_bucket(&bucket, &settings, true);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const struct line lines[] = {
            {TABLE, NULL, cases[i].status, NULL, cases[i].body},
            {NULL, NULL, NULL, NULL, NULL},
        };
        const struct cvg_place_sight *sight = look(&bucket, lines);
        assert_int_equal(sight->fault, cases[i].fault);
        assert_string_equal(sight->reason, cases[i].reason);
        assert_null(strstr(sight->text, "hush"));
    }

    static const struct line odd[] = {
        {TABLE, NULL, "200 OK", NULL, "{\"Item\":7}"},
        {STATE, NULL, "200 OK", NULL, "abc"},
        {TABLE, "Digest", "200 OK", NULL, ITEM("Digest", MD5)},
        {NULL, NULL, NULL, NULL, NULL},
    };
    assert_int_equal(look(&bucket, odd)->lock, CVG_PLACE_LOCK_HELD); /* it is there */
    close_bucket(&bucket);
}

static void too_much_is_refused(void **state)
{
    (void)state;
    static char body[4098];
    memset(body, 'x', sizeof body - 1);
    const struct line lines[] = {
        {STATE, NULL, "200 OK", NULL, body},
        {NULL, NULL, NULL, NULL, NULL},
    };
    struct bucket bucket;
    struct cvg_place_settings settings = plain;
    settings.lock_object = 0;
    open_bucket(&bucket, &settings, false);
    const struct cvg_place_sight *sight = look(&bucket, lines);
    assert_int_equal(sight->fault, CVG_FAULT_TOO_LARGE);
    assert_string_equal(sight->reason, "TooLarge");
    body[4096] = '\0';
    assert_int_equal(look(&bucket, lines)->length, 4096);
    close_bucket(&bucket);
}

/* Frees what it has at each step of a look, with the request under way and without a word. */
static void a_look_can_be_given_up(void **state)
{
    (void)state;
    struct bucket bucket;
    open_bucket(&bucket, &plain, false);
    cvg_place_s3.cancel(stage_begin(&bucket.stage));
    assert_int_equal(bucket.stage.seen, 0);
    (void)stage_begin(&bucket.stage); /* and the source may go in the middle of one */
    close_bucket(&bucket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_object_has_its_lock_asked_before_and_after),
        cmocka_unit_test(a_lock_at_any_time_counts),
        cmocka_unit_test(a_note_that_is_too_long_is_a_lock_all_the_same),
        cmocka_unit_test(a_weak_tag_is_not_trusted),
        cmocka_unit_test(the_table_has_locks_and_digests),
        cmocka_unit_test(a_digest_that_differs_is_told_after_a_second_look),
        cmocka_unit_test(any_object_below_a_prefix_is_a_lock_of_pulumi),
        cmocka_unit_test(refusals_are_told_by_the_services_own_words),
        cmocka_unit_test(the_tables_refusals_too),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(a_look_can_be_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
