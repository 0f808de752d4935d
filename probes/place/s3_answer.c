/* SPDX-License-Identifier: Apache-2.0 */
/* Words of errors, and the two documents that are read; see s3_answer.h. */
#include "place/s3_answer.h"

#include "kit/header.h"
#include "kit/xml.h"
#include "place/complaint.h"
#include "place/fault.h"

#include <convergate/json.h>

#include <stdio.h>
#include <string.h>

#define CLOCK      "is this machine's clock right?"
#define WRONG_KEYS "look at sigv4's keys"
#define OLD_TOKEN  "look at sigv4.session_token: the keys are not valid any more"

static const struct cvg_place_complaint s3_words[] = {
    {"NoSuchBucket", CVG_FAULT_REQUEST, CVG_PLACE_BUCKET_MISSING, "there is no such bucket"},
    {"InvalidBucketName", CVG_FAULT_REQUEST, CVG_PLACE_BUCKET_MISSING, "there is no such bucket"},
    {"AccessDenied", CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN,
     "the keys lack s3:GetObject on it, or it is not there and they lack s3:ListBucket"},
    {"AllAccessDisabled", CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN, "nobody may read this bucket"},
    {"SignatureDoesNotMatch", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED,
     "look at sigv4.secret_key, and whether a proxy changes requests"},
    {"InvalidAccessKeyId", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED, WRONG_KEYS},
    {"InvalidToken", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED, OLD_TOKEN},
    {"ExpiredToken", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED, OLD_TOKEN},
    {"TokenRefreshRequired", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED, OLD_TOKEN},
    {"RequestTimeTooSkewed", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED, CLOCK},
    {"PermanentRedirect", CVG_FAULT_REQUEST, CVG_PLACE_WRONG_REGION,
     "the bucket is in another region"},
    {"AuthorizationHeaderMalformed", CVG_FAULT_REQUEST, CVG_PLACE_WRONG_REGION,
     "the bucket is in another region"},
    {"IllegalLocationConstraintException", CVG_FAULT_REQUEST, CVG_PLACE_WRONG_REGION,
     "the bucket is in another region"},
    {"TemporaryRedirect", CVG_FAULT_PROTOCOL, CVG_PLACE_REDIRECTED,
     "the bucket is on its way to another address"},
    {"InvalidObjectState", CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER, "the object is archived"},
    {"SlowDown", CVG_FAULT_THROTTLED, CVG_PLACE_THROTTLED, "asked too often"},
    {"TooManyRequests", CVG_FAULT_THROTTLED, CVG_PLACE_THROTTLED, "asked too often"},
    {"ServiceUnavailable", CVG_FAULT_THROTTLED, CVG_PLACE_THROTTLED, "it is overloaded"},
    {"InternalError", CVG_FAULT_PROTOCOL, CVG_PLACE_SOURCE_ERROR, "it could not answer"},
    {NULL, 0, NULL, NULL},
};

static const struct cvg_place_complaint dynamo_words[] = {
    {"ResourceNotFoundException", CVG_FAULT_REQUEST, CVG_PLACE_BUCKET_MISSING,
     "there is no such table in this region"},
    {"AccessDeniedException", CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN,
     "the keys lack dynamodb:GetItem on the table"},
    {"UnrecognizedClientException", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED, WRONG_KEYS},
    {"InvalidSignatureException", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED,
     "look at sigv4.secret_key, sigv4.region and this machine's clock"},
    {"IncompleteSignatureException", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED, WRONG_KEYS},
    {"MissingAuthenticationTokenException", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED, WRONG_KEYS},
    {"ExpiredTokenException", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED, OLD_TOKEN},
    {"ValidationException", CVG_FAULT_REQUEST, CVG_PLACE_NOT_ASKED,
     "the table's key is not LockID, a string"},
    {"ProvisionedThroughputExceededException", CVG_FAULT_THROTTLED, CVG_PLACE_THROTTLED,
     "asked too often"},
    {"ThrottlingException", CVG_FAULT_THROTTLED, CVG_PLACE_THROTTLED, "asked too often"},
    {"RequestLimitExceeded", CVG_FAULT_THROTTLED, CVG_PLACE_THROTTLED, "asked too often"},
    {"InternalServerError", CVG_FAULT_PROTOCOL, CVG_PLACE_SOURCE_ERROR, "it could not answer"},
    {NULL, 0, NULL, NULL},
};

/* ---- S3 ---- */

struct said {
    char code[64], region[64];
};

static int take_error(void *arg, const char *path, const char *text, size_t length)
{
    struct said *said = arg;
    if (strcmp(path, "Error/Code") == 0) {
        cvg_place_complaint_word(said->code, sizeof(said->code), text, length);
    } else if (strcmp(path, "Error/Region") == 0) {
        cvg_place_complaint_word(said->region, sizeof(said->region), text, length);
    }
    return 0;
}

static void read_error(const struct cvg_place_answer *answer, struct said *said)
{
    size_t length = 0;
    *said = (struct said){{0}, {0}};
    if (cvg_kit_xml_read(answer->body, answer->length, take_error, said) < 0) {
        *said = (struct said){{0}, {0}};
    }
    const char *region = cvg_kit_header(answer->headers, "x-amz-bucket-region", &length);
    if (region != NULL) {
        cvg_place_complaint_word(said->region, sizeof(said->region), region, length);
    }
}

enum cvg_place_s3_answer cvg_place_s3_read(const struct cvg_place_answer *answer, const char *what,
                                           struct cvg_place_sight *sight)
{
    struct said said;
    if (answer->fault != CVG_FAULT_NONE) {
        cvg_place_complain(sight, answer, what, s3_words, "", "");
        return CVG_PLACE_S3_REFUSED;
    }
    if (answer->status == 200 || answer->status == 304) {
        return answer->status == 200 ? CVG_PLACE_S3_FOUND : CVG_PLACE_S3_SAME;
    }
    read_error(answer, &said);
    if (answer->status == 404 && strcmp(said.code, "NoSuchKey") == 0) {
        return CVG_PLACE_S3_ABSENT;
    }
    if (answer->status == 404 && said.code[0] == '\0') {
        cvg_place_refuse(sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                         "%s: 404, not in the words of S3: does url lead to it?", what);
        return CVG_PLACE_S3_REFUSED;
    }
    const char *code = answer->status == 301 ? "PermanentRedirect" : said.code;
    int elsewhere =
        strcmp(code, "PermanentRedirect") == 0 || strcmp(code, "AuthorizationHeaderMalformed") == 0;
    cvg_place_complain(sight, answer, what, s3_words, code, elsewhere ? said.region : "");
    return CVG_PLACE_S3_REFUSED;
}

struct listing {
    int whole;
    char *key;
    size_t size;
    int too_long;
};

static int take_listing(void *arg, const char *path, const char *text, size_t length)
{
    struct listing *listing = arg;
    if (strcmp(path, "ListBucketResult") == 0) {
        listing->whole = 1;
    } else if (strcmp(path, "ListBucketResult/Contents/Key") == 0 && listing->key[0] == '\0') {
        listing->too_long = length >= listing->size;
        (void)snprintf(listing->key, listing->size, "%s", text);
    }
    return 0;
}

int cvg_place_s3_first_key(const struct cvg_place_answer *answer, char *ret, size_t size,
                           struct cvg_place_sight *sight)
{
    struct listing listing = {.key = ret, .size = size};
    ret[0] = '\0';
    enum cvg_place_s3_answer read = cvg_place_s3_read(answer, "the list of locks", sight);
    if (read == CVG_PLACE_S3_REFUSED) {
        return -1;
    }
    if (read != CVG_PLACE_S3_FOUND ||
        cvg_kit_xml_read(answer->body, answer->length, take_listing, &listing) < 0 ||
        !listing.whole || listing.too_long) {
        cvg_place_refuse(sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                         "the list of locks: not a listing of S3: does url lead to it?");
        return -1;
    }
    return 0;
}

/* ---- DynamoDB ---- */

/* Text that is written piece by piece; what does not fit makes it full. */
struct writer {
    char *text;
    size_t size, length;
    int full;
};

static void put(struct writer *writer, char byte)
{
    if (writer->length + 1 >= writer->size) {
        writer->full = 1;
        return;
    }
    writer->text[writer->length++] = byte;
    writer->text[writer->length] = '\0';
}

static void put_words(struct writer *writer, const char *words)
{
    for (; *words != '\0'; words++) {
        put(writer, *words);
    }
}

static void put_string(struct writer *writer, const char *text)
{
    put(writer, '"');
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20) {
            char escape[8];
            (void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)(unsigned char)*text);
            put_words(writer, escape);
            continue;
        }
        if (*text == '"' || *text == '\\') {
            put(writer, '\\');
        }
        put(writer, *text);
    }
    put(writer, '"');
}

int cvg_place_dynamo_ask(char *ret, size_t size, const char *table, const char *id,
                         const char *attribute)
{
    struct writer writer = {.text = ret, .size = size};
    ret[0] = '\0';
    put_words(&writer, "{\"TableName\":");
    put_string(&writer, table);
    put_words(&writer, ",\"Key\":{\"LockID\":{\"S\":");
    put_string(&writer, id);
    put_words(&writer, "}},\"ConsistentRead\":true,\"ProjectionExpression\":\"LockID, ");
    put_words(&writer, attribute);
    put_words(&writer, "\"}");
    return writer.full ? -1 : 0;
}

/* "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException": the word at its end. */
static void read_type(const struct cvg_place_answer *answer, char *ret, size_t size)
{
    struct cvg_json *json = cvg_json_new(answer->body, answer->length, NULL);
    ret[0] = '\0';
    if (json == NULL || cvg_json_next(json) != CVG_JSON_OBJECT) {
        cvg_json_free(json);
        return;
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        int wanted = cvg_json_is(json, "__type");
        if (!wanted || cvg_json_next(json) != CVG_JSON_STRING) {
            (void)cvg_json_skip(json);
            continue;
        }
        size_t length = 0;
        const char *text = cvg_json_text(json, &length);
        const char *hash = memchr(text, '#', length);
        size_t before = hash != NULL ? (size_t)(hash - text) + 1 : 0;
        cvg_place_complaint_word(ret, size, text + before, length - before);
    }
    cvg_json_free(json);
}

/* Behind the KEY of an attribute: {"S": "..."}. */
static void read_attribute(struct cvg_json *json, struct cvg_place_item *item)
{
    if (cvg_json_next(json) != CVG_JSON_OBJECT) {
        (void)cvg_json_skip(json);
        return;
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        int is_string = cvg_json_is(json, "S");
        if (!is_string || cvg_json_next(json) != CVG_JSON_STRING) {
            (void)cvg_json_skip(json);
            continue;
        }
        size_t length = 0;
        const char *text = cvg_json_text(json, &length);
        if (length < sizeof(item->text)) {
            memcpy(item->text, text, length);
            item->text[length] = '\0';
            item->length = length;
        }
    }
}

/* Behind the KEY "Item". */
static void read_item(struct cvg_json *json, const char *attribute, struct cvg_place_item *item)
{
    item->there = 1;
    if (cvg_json_next(json) != CVG_JSON_OBJECT) {
        (void)cvg_json_skip(json);
        return;
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        if (cvg_json_is(json, attribute)) {
            read_attribute(json, item);
        } else {
            (void)cvg_json_skip(json);
        }
    }
}

int cvg_place_dynamo_read(const struct cvg_place_answer *answer, const char *attribute,
                          struct cvg_place_item *ret, struct cvg_place_sight *sight)
{
    *ret = (struct cvg_place_item){0};
    if (answer->fault != CVG_FAULT_NONE || answer->status != 200) {
        char type[64] = "";
        if (answer->fault == CVG_FAULT_NONE) {
            read_type(answer, type, sizeof(type));
        }
        cvg_place_complain(sight, answer, "DynamoDB", dynamo_words, type, "");
        return -1;
    }
    struct cvg_json *json = cvg_json_new(answer->body, answer->length, NULL);
    int read = json != NULL && cvg_json_next(json) == CVG_JSON_OBJECT;
    while (read && cvg_json_next(json) == CVG_JSON_KEY) {
        if (cvg_json_is(json, "Item")) {
            read_item(json, attribute, ret);
        } else {
            (void)cvg_json_skip(json);
        }
    }
    read = read && cvg_json_current(json) == CVG_JSON_END && cvg_json_next(json) == CVG_JSON_DONE;
    cvg_json_free(json);
    if (!read) {
        cvg_place_refuse(sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                         "DynamoDB: not an answer of it: does dynamodb_url lead to it?");
        return -1;
    }
    return 0;
}
