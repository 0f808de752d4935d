/* SPDX-License-Identifier: Apache-2.0 */
/* XML of services: what is handed out, and what is refused. */
#include "kit/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOUR      "<a><a><a><a>"
#define FOUR_ENDS "</a></a></a></a>"

struct told {
    char text[1024];
    int most; /* elements; 0: all */
};

static int tell(void *arg, const char *path, const char *text, size_t length)
{
    struct told *told = arg;
    size_t used = strlen(told->text);
    (void)snprintf(told->text + used, sizeof(told->text) - used, "%s=%.*s;", path, (int)length,
                   text);
    assert_int_equal(text[length], '\0');
    return told->most > 0 && --told->most == 0;
}

static void elements_are_told_with_their_paths_and_texts(void **state)
{
    (void)state;

    static const struct {
        const char *xml, *told;
    } table[] = {
        {"<a/>", "a=;"},
        {"<a></a>", "a=;"},
        {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code>"
         "<Message>The key.</Message></Error>\n",
         "Error/Code=NoSuchKey;Error/Message=The key.;Error=;"},
        {"<a xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\" b = 'c>d' >x</a >", "a=x;"},
        {"<a> one <b>two</b> three </a>", "a/b=two;a=three;"},
        {"<a>&lt;&amp;&gt;&quot;&apos;&#65;&#x4e;&#xe9;&#x20AC;&#x1F600;</a>",
         "a=<&>\"'AN\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80;"},
        {"<a><![CDATA[<b>&amp;]]></a>", "a=<b>&amp;;"},
        {"<a>x<!-- <b> -->y</a><!-- end -->\n", "a=xy;"},
        {"<a><b/><b>2</b></a>", "a/b=;a/b=2;a=;"},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct told told = {{0}, 0};
        assert_int_equal(cvg_kit_xml_read(table[i].xml, strlen(table[i].xml), tell, &told), 0);
        assert_string_equal(told.text, table[i].told);
    }
}

static void what_is_not_whole_is_refused(void **state)
{
    (void)state;

    static const char *const table[] = {
        "",
        " ",
        "x",
        "<a>",
        "<a",
        "<a b>",
        "<a b=c></a>",
        "<a b=\"c></a>",
        "<a></b>",
        "<a><b></a></b>",
        "</a>",
        "<a/><b/>",
        "<a/>x",
        "<>x</>",
        "<a>&unknown;</a>",
        "<a>&;</a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>&#x110000;</a>",
        "<a>&#x;</a>",
        "<a>&#6a;</a>",
        "<a>&amp</a>",
        "<a>\x01</a>",
        "<a>\xff</a>",
        "<a><![CDATA[x</a>",
        "<!-- <a/>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        FOUR FOUR FOUR FOUR "<a>" FOUR_ENDS FOUR_ENDS FOUR_ENDS FOUR_ENDS "</a>",
        "{\"message\":\"no XML\"}",
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct told told = {{0}, 0};
        if (cvg_kit_xml_read(table[i], strlen(table[i]), tell, &told) != -1) {
            fail_msg("'%s' was read", table[i]);
        }
    }
    struct told told = {{0}, 0};
    assert_int_equal(cvg_kit_xml_read("<a>\0</a>", 8, tell, &told), -1);
}

/* Each beginning of a whole document is told from the whole, and read without leaving it. */
static void a_document_that_was_cut_is_refused(void **state)
{
    (void)state;
    static const char whole[] = "<?xml version=\"1.0\"?><l a='b'><c>&#x20AC;&amp;</c><![CDATA[d]]>"
                                "<!-- e --><f/></l>";
    for (size_t length = 0; length < sizeof(whole) - 1; length++) {
        struct told told = {{0}, 0};
        char *exact = malloc(length ? length : 1); /* so that a byte too far is found */
        assert_non_null(exact);
        memcpy(exact, whole, length);
        assert_int_equal(cvg_kit_xml_read(exact, length, tell, &told), -1);
        free(exact);
    }
}

static void reading_ends_when_it_is_enough(void **state)
{
    (void)state;
    static const char xml[] = "<a><b>1</b><b>2</b><broken";
    struct told told = {{0}, 1};
    assert_int_equal(cvg_kit_xml_read(xml, sizeof(xml) - 1, tell, &told), 0);
    assert_string_equal(told.text, "a/b=1;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_told_with_their_paths_and_texts),
        cmocka_unit_test(what_is_not_whole_is_refused),
        cmocka_unit_test(a_document_that_was_cut_is_refused),
        cmocka_unit_test(reading_ends_when_it_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
