/* SPDX-License-Identifier: Apache-2.0 */
/* Messages from outside: names, chains of aliases, and what is no answer at all. */
#include "message.h"
#include "name.h"
#include "server.h"
#include "value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "\x12\x34\x81\x80\x00\x01"
#define ASKED                                                                                      \
    "\0\0\0\0\x01"                                                                                 \
    "a\x04test\0\0\x01\0\x01"
#define ADDRESS "\xC0\x0C\0\x01\0\x01\0\0\0\x3C\0\x04\xC0\0\x02\x01"
#define LOOP    "\xC0\x0C\0\x05\0\x01\0\0\0\x3C\0\x02\xC0\x0C"

static void read_message(const char *bytes, size_t length, struct cvg_dns_answer *ret)
{
    cvg_dns_answer_read("a.test", CVG_DNS_A, (const unsigned char *)bytes, length, ret);
}

static void an_answer_is_read_and_every_shorter_one_is_refused(void **state)
{
    static const char whole[] = HEAD "\x00\x01" ASKED ADDRESS;
    struct cvg_dns_answer answer;
    (void)state;
    read_message(whole, sizeof(whole) - 1, &answer);
    assert_int_equal(answer.kind, CVG_DNS_FOUND);
    assert_int_equal(answer.count, 1);
    assert_string_equal(answer.values[0], "192.0.2.1");
    assert_int_equal(answer.ttl, 60);
    cvg_dns_answer_done(&answer);
    for (size_t length = 12; length < sizeof(whole) - 1; length++) {
        read_message(whole, length, &answer);
        assert_int_equal(answer.kind, CVG_DNS_BROKEN);
        cvg_dns_answer_done(&answer);
    }
}

/* Who knows of no record must be asked again where it cannot know: that there is none opens gates. */
static void only_who_can_know_says_that_there_is_nothing(void **state)
{
#define ALIAS "\xC0\x0C\0\x05\0\x01\0\0\0\x3C\0\x03\x01x\0"
#define NOTHING                                                                                    \
    "\0\x01\0\0\0\0\0\0\x01"                                                                       \
    "a\x04test\0\0\x01\0\x01"
#define AN_ALIAS                                                                                   \
    "\0\x01\0\x01\0\0\0\0\x01"                                                                     \
    "a\x04test\0\0\x01\0\x01" ALIAS

    static const struct {
        const char *what, *bytes;
        size_t length;
        uint32_t kind;
    } rows[] = {

#define ROW(what, bytes, kind) {what, bytes, sizeof(bytes) - 1, kind}
        ROW("asks others", "\x12\x34\x81\x80" NOTHING, CVG_DNS_NO_DATA),
        ROW("it is its own", "\x12\x34\x85\x00" NOTHING, CVG_DNS_NO_DATA),
        ROW("neither", "\x12\x34\x81\x00" NOTHING, CVG_DNS_REFERRAL),
        ROW("asks others where an alias leads", "\x12\x34\x81\x80" AN_ALIAS, CVG_DNS_NO_DATA),
        ROW("an alias of its own, that leads elsewhere", "\x12\x34\x85\x00" AN_ALIAS,
            CVG_DNS_REFERRAL),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cvg_dns_answer answer;
        read_message(rows[i].bytes, rows[i].length, &answer);
        if (answer.kind != rows[i].kind) {
            fail_msg("%s: %u", rows[i].what, answer.kind);
        }
        cvg_dns_answer_done(&answer);
    }
}

static void a_circle_of_aliases_ends(void **state)
{
    static const char circle[] = HEAD "\x00\x01" ASKED LOOP;
    struct cvg_dns_answer answer;
    (void)state;
    read_message(circle, sizeof(circle) - 1, &answer);
    assert_int_equal(answer.kind, CVG_DNS_BROKEN);
    assert_non_null(strstr(answer.what, "circle"));
    cvg_dns_answer_done(&answer);
}

static void a_pointer_that_leads_forward_or_to_itself_is_no_name(void **state)
{
    static const unsigned char itself[] = {0xC0, 0x00}, forward[] = {0xC0, 0x02, 0x00};
    static const unsigned char unknown[] = {0x80, 0x00}, cut[] = {0x05, 'a'};
    char name[CVG_DNS_NAME_TEXT];
    size_t at = 0;
    (void)state;
    assert_int_equal(cvg_dns_name_read(itself, sizeof(itself), &at, name), -1);
    at = 0;
    assert_int_equal(cvg_dns_name_read(forward, sizeof(forward), &at, name), -1);
    at = 0;
    assert_int_equal(cvg_dns_name_read(unknown, sizeof(unknown), &at, name), -1);
    at = 0;
    assert_int_equal(cvg_dns_name_read(cut, sizeof(cut), &at, name), -1);
}

static void only_what_has_the_id_and_the_question_answers(void **state)
{
    struct cvg_dns_query query;
    unsigned char bytes[CVG_DNS_QUERY_MOST];
    (void)state;
    assert_int_equal(cvg_dns_query_make("a.test", CVG_DNS_A, 0x1234, 0, &query), 0);
    memcpy(bytes, query.bytes, query.length);
    assert_false(cvg_dns_answers(&query, bytes, query.length)); /* a question is no answer */
    bytes[2] |= 0x80;
    assert_true(cvg_dns_answers(&query, bytes, query.length));
    bytes[0] ^= 1;
    assert_false(cvg_dns_answers(&query, bytes, query.length));
    bytes[0] ^= 1;
    bytes[13] = 'b';
    assert_false(cvg_dns_answers(&query, bytes, query.length));
    assert_false(cvg_dns_answers(&query, bytes, 11));
}

static void servers_are_addresses_with_or_without_a_port(void **state)
{
    static const char *const wrong[] = {
        "",           "ns.test",      "192.0.2.1:0", "192.0.2.1:65536",
        "[192.0.2.1", "2001:db8::1:", "[::1]x",      "1.2.3"};
    static const char *const right[] = {"192.0.2.1", "192.0.2.1:5353", "2001:db8::1",
                                        "[2001:db8::1]:5353", "system"};
    struct cvg_dns_server server;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_non_null(cvg_dns_server_take(wrong[i], &server));
    }
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        char text[64];
        assert_null(cvg_dns_server_take(right[i], &server));
        cvg_dns_server_text(&server, text, sizeof(text));
        assert_string_equal(text, right[i]);
    }
}

static void wanted_records_are_written_the_one_way(void **state)
{
    static const struct {
        uint32_t type;
        const char *text, *taken; /* NULL: refused */
    } rows[] = {
        {CVG_DNS_A, "192.0.2.1", "192.0.2.1"},
        {CVG_DNS_A, "::1", NULL},
        {CVG_DNS_BOTH, "2001:DB8:0::1", "2001:db8::1"},
        {CVG_DNS_MX, "10  Mail.Test.", "10 mail.test"},
        {CVG_DNS_MX, "mail.test", NULL},
        {CVG_DNS_MX, "65536 mail.test", NULL},
        {CVG_DNS_SRV, "1 2 443 a.test", "1 2 443 a.test"},
        {CVG_DNS_CAA, "0 issue ca.test", "0 issue \"ca.test\""},
        {CVG_DNS_NS, "a..test", NULL},
        {CVG_DNS_NS, "a.test b", NULL},
    };

    char value[CVG_DNS_VALUE_TEXT];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *wrong = cvg_dns_value_take(rows[i].type, rows[i].text, value);
        assert_int_equal(wrong == NULL, rows[i].taken != NULL);
        if (rows[i].taken != NULL) {
            assert_string_equal(value, rows[i].taken);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_who_can_know_says_that_there_is_nothing),
        cmocka_unit_test(an_answer_is_read_and_every_shorter_one_is_refused),
        cmocka_unit_test(a_circle_of_aliases_ends),
        cmocka_unit_test(a_pointer_that_leads_forward_or_to_itself_is_no_name),
        cmocka_unit_test(only_what_has_the_id_and_the_question_answers),
        cmocka_unit_test(servers_are_addresses_with_or_without_a_port),
        cmocka_unit_test(wanted_records_are_written_the_one_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
