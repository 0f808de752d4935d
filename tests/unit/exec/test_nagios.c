/* SPDX-License-Identifier: Apache-2.0 */
/* Output of monitoring plugins. */
#include "nagios.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int put(void *arg, const struct cvg_exec_perf *perf)
{
    char *text = arg;
    size_t length = strlen(text);
    (void)snprintf(text + length, 600 - length, "[%s=%.*s %.*s %.*s %.*s %.*s %.*s]", perf->label,
                   (int)perf->value.length, perf->value.text, (int)perf->unit.length,
                   perf->unit.text, (int)perf->warn.length, perf->warn.text, (int)perf->crit.length,
                   perf->crit.text, (int)perf->min.length, perf->min.text, (int)perf->max.length,
                   perf->max.text);
    return 0;
}

static void test_output(void **state)
{
    (void)state;

    static const struct {
        const char *out, *message, *items;
        size_t wrong;
    } rows[] = {
        {"", "", "", 0},
        {"OK\n", "OK", "", 0},
        {"OK - fine |\n", "OK - fine", "", 0},
        {"DISK OK - free space: / 3326 MB (56%);| /=2643MB;5948;5958;0;5968\n",
         "DISK OK - free space: / 3326 MB (56%);", "[/=2643 MB 5948 5958 0 5968]", 0},
        {"PING OK|rta=0.80ms;;;0 pl=0%;5;10;0;100", "PING OK",
         "[rta=0.80 ms   0 ][pl=0 % 5 10 0 100]", 0},
        {"x|'a b'=1 'it''s'=2;3 '='=4", "x", "[a b=1     ][it's=2  3   ][==4     ]", 0},
        {"x|a=1;@10:20;~:5 b=2;10:;:7", "x", "[a=1  @10:20 ~:5  ][b=2  10: :7  ]", 0},
        {"x|a=U b=-1.5e-3s c=3e d=.5 e=5.%", "x",
         "[a=     ][b=-1.5e-3 s    ][c=3 e    ][d=.5     ][e=5. %    ]", 0},
        {"x|a=1;;;;; b=2;;;;", "x", "[a=1     ][b=2     ]", 0},
        {"x | a=1\nlong text\nmore | b=2\nc=3 d=4\n", "x",
         "[a=1     ][b=2     ][c=3     ][d=4     ]", 0},
        {"x\nlong | b=2\n", "x", "[b=2     ]", 0},
        /* One that is wrong takes none of its neighbours with it. */
        {"x|a=1 b=one c=3", "x", "[a=1     ][c=3     ]", 1},
        {"x|a= =1 b c=1,5 d=1..2 e=1s2 f=1;x g=1;;;y h=1;;;;;; 'i=1", "x", "", 9},
        {"x|'a' =1 'b'x=2 c=3", "x", "[c=3     ]", 2},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char items[600] = "";
        size_t length = strlen(rows[i].out);
        struct cvg_exec_piece message = cvg_exec_nagios_message(rows[i].out, length);
        size_t wrong = cvg_exec_nagios_perf(rows[i].out, length, put, items);
        print_message("%s -> %s %zu\n", rows[i].out, items, wrong);
        assert_int_equal(message.length, strlen(rows[i].message));
        assert_memory_equal(message.text, rows[i].message, message.length);
        assert_string_equal(items, rows[i].items);
        assert_int_equal(wrong, rows[i].wrong);
    }
}

static void test_a_long_label_is_left_out(void **state)
{
    (void)state;
    char out[200] = "x|";
    char items[600] = "";
    memset(out + 2, 'l', CVG_EXEC_LABEL);
    (void)snprintf(out + 2 + CVG_EXEC_LABEL, 20, "=1 b=2");
    assert_int_equal(cvg_exec_nagios_perf(out, strlen(out), put, items), 1);
    assert_string_equal(items, "[b=2     ]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_a_long_label_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
