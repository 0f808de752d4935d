/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_dns */
/*
 * Any bytes as what a name server sends: the first says which type was asked for, the rest is the
 * message. Whatever they are: a name that is read can be read again from where it stands, an answer
 * that has records has them sorted and each once, and one that has none holds nothing.
 */
#include "fuzz.h"

#include "message.h"
#include "name.h"

#include <stdlib.h>
#include <string.h>

#define NAME   "a.test"
#define HEADER 12

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

static void read_names(const unsigned char *message, size_t length)
{
    char name[CVG_DNS_NAME_TEXT], again[CVG_DNS_NAME_TEXT];
    for (size_t begin = 0; begin < length && begin < 64; begin++) {
        size_t at = begin, twice = begin;
        if (cvg_dns_name_read(message, length, &at, name) < 0) {
            continue;
        }
        check(at > begin && at <= length);
        check(name[0] != '\0' && strlen(name) < sizeof(name));
        check(cvg_dns_name_read(message, length, &twice, again) == 0);
        check(twice == at && strcmp(name, again) == 0);
    }
}

static void read_answer(uint32_t type, const unsigned char *message, size_t length)
{
    struct cvg_dns_answer answer;
    cvg_dns_answer_read(NAME, type, message, length, &answer);
    check((answer.kind == CVG_DNS_FOUND) == (answer.count > 0));
    check(answer.count <= CVG_DNS_RECORDS && answer.ttl <= INT32_MAX && answer.what != NULL);
    check((answer.what[0] != '\0') ==
          (answer.kind == CVG_DNS_BROKEN || answer.kind == CVG_DNS_TOO_LARGE));
    for (size_t i = 0; i < answer.count; i++) {
        check(strlen(answer.values[i]) < CVG_DNS_VALUE_TEXT);
        check(i == 0 || strcmp(answer.values[i - 1], answer.values[i]) < 0);
    }
    if (answer.aliases == 0 && answer.kind != CVG_DNS_BROKEN) {
        check(strcmp(answer.end, NAME) == 0);
    }
    cvg_dns_answer_done(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cvg_dns_query query;
    if (size < 1 + HEADER || size > CVG_DNS_MESSAGE) {
        return 0;
    }
    uint32_t type = data[0] % CVG_DNS_TYPE_COUNT;
    type = type == CVG_DNS_BOTH ? CVG_DNS_AAAA : type;
    /* Its own, so that a byte read behind its end is seen. */
    size_t length = size - 1;
    unsigned char *message = malloc(length);
    check(message != NULL);
    memcpy(message, data + 1, length);
    check(cvg_dns_query_make(NAME, type, (uint16_t)(message[0] << 8 | message[1]), 0, &query) == 0);
    (void)cvg_dns_answers(&query, message, length);
    /* A question is never its own answer. */
    check(!cvg_dns_answers(&query, query.bytes, query.length));
    read_names(message, length);
    read_answer(type, message, length);
    free(message);
    return 0;
}
