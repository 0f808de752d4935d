/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts along random graphs of checks. Roots are files that change, go missing and come back while
 * everything runs, and a stream that ticks for a while; the checks above them say the facts that
 * they were asked with. Whatever the order was in which facts arrived: once it is quiet, each check
 * was last asked with exactly the latest facts, and is InputMissing where one of them is not known.
 *
 * All graphs live side by side in one environment, so that the waiting is done once. Twins have the
 * same checks and the same end, and another history.
 */
#include "base/buf.h"
#include "base/random.h"
#include "base/text.h"
#include "base/time.h"
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GRAPHS  8
#define TWINS   (GRAPHS / 2) /* graph i and graph i + TWINS */
#define NODES   12
#define INPUTS  2
#define DEPTH   4
#define CHANGES 40
#define TICKS   20
#define TEXT    512

enum kind {
    ROOT,
    TICK,
    POLLED,
    FED
};

struct node {
    enum kind kind;
    size_t inputs[INPUTS], input_count, depth;
    size_t interval_ms;
    bool slow;  /* only a fact that comes makes it run in time */
    int end;    /* of a root: its number at last; negative: it cannot tell */
    bool known; /* in the end, and as what */
    char fact[TEXT];
};

struct graph {
    size_t number, count;
    struct node nodes[NODES];
};

static struct stage stage; /* too large for the stack of a test */
static struct graph graphs[GRAPHS];

static const char *name_of(const struct graph *graph, size_t node, char *ret, size_t size)
{
    (void)snprintf(ret, size, "g%zun%zu", graph->number, node);
    return ret;
}

static const char *fact_of(const struct node *node)
{
    return node->kind == TICK ? "tick" : "seen";
}

static int random_value(struct cvg_random *chance)
{
    return (int)cvg_random_below(chance, 4) - 1;
}

/* Inputs are nodes before it that have facts to give and are not too deep already. */
static void draw_inputs(struct graph *graph, size_t at, struct cvg_random *chance)
{
    struct node *node = &graph->nodes[at];
    size_t wanted = 1 + (size_t)cvg_random_below(chance, INPUTS);
    while (node->input_count < wanted) {
        size_t input = (size_t)cvg_random_below(chance, at);
        const struct node *below = &graph->nodes[input];
        if (below->kind != FED && below->depth + 1 < DEPTH) {
            node->inputs[node->input_count++] = input;
            node->depth = CVG_MAX(node->depth, below->depth + 1);
        }
    }
}

/* What is in the end; that of its inputs was told before. */
static void foresee(struct graph *graph, size_t at)
{
    struct node *node = &graph->nodes[at];
    node->known = node->kind != ROOT || node->end >= 0;
    if (node->kind == ROOT) {
        (void)snprintf(node->fact, TEXT, "v%d", node->end);
        return;
    }
    if (node->kind == TICK) {
        (void)snprintf(node->fact, TEXT, "%d", TICKS);
        return;
    }
    char fact[TEXT];
    size_t used = (size_t)snprintf(fact, TEXT, "%zu", at);
    for (size_t i = 0; i < node->input_count; i++) {
        const struct node *below = &graph->nodes[node->inputs[i]];
        node->known &= below->known;
        assert_true(used + strlen(below->fact) + 4 < TEXT);
        used += (size_t)snprintf(fact + used, TEXT - used, " <%s>", below->fact);
    }
    memcpy(node->fact, fact, TEXT);
}

static void draw(struct graph *graph, size_t number)
{
    struct cvg_random chance;
    cvg_random_seed(&chance, number % TWINS);
    *graph = (struct graph){.number = number, .count = 7 + (size_t)cvg_random_below(&chance, 6)};
    for (size_t i = 0; i < graph->count; i++) {
        struct node *node = &graph->nodes[i];
        node->interval_ms = 100 * (1 + (size_t)cvg_random_below(&chance, 3));
        if (i < 3) {
            node->kind = i == 2 ? TICK : ROOT;
            node->end = random_value(&chance);
            foresee(graph, i);
            continue;
        }
        node->kind = cvg_random_below(&chance, 4) == 0 ? FED : POLLED;
        draw_inputs(graph, i, &chance);
        foresee(graph, i);
        /* That something is missing is seen in a round, so these must know all in the end. */
        bool slow = cvg_random_below(&chance, 2) == 0;
        node->slow = slow && node->kind == POLLED && node->known;
    }
}

/* ---- the configuration ---- */

static void put_check(struct cvg_buf *out, const struct graph *graph, size_t at)
{
    const struct node *node = &graph->nodes[at];
    char name[32], input[32];
    name_of(graph, at, name, sizeof name);
    if (node->kind == ROOT) {
        cvg_buf_printf(out, "  %s: {source: s, do: file, text: '%%s/%s',", name, name);
    } else if (node->kind == TICK) {
        cvg_buf_printf(out, "  %s: {source: t%zu, max_age: 1h},\n", name, graph->number);
        return;
    } else {
        cvg_buf_printf(out,
                       node->kind == FED ? "  %s: {source: u%zu," : "  %s: {source: s, do: ready,",
                       name, graph->number);
        cvg_buf_printf(out, " text: '%zu", at);
        for (size_t i = 0; i < node->input_count; i++) {
            cvg_buf_printf(out, " <${checks.%s.facts.%s}>",
                           name_of(graph, node->inputs[i], input, sizeof input),
                           fact_of(&graph->nodes[node->inputs[i]]));
        }
        cvg_buf_puts(out, "',");
    }
    if (node->kind == FED) {
        cvg_buf_puts(out, "},\n");
    } else if (node->slow) {
        cvg_buf_puts(out, " interval: 1h, max_age: 2h},\n");
    } else {
        cvg_buf_printf(out, " interval: %zums, max_age: 1s},\n", node->interval_ms);
    }
}

static void put_graph(struct cvg_buf *out, const struct graph *graph)
{
    for (size_t i = 0; i < graph->count; i++) {
        /* Twins are written in another order, so that they start in another one too. */
        put_check(out, graph, graph->number < TWINS ? i : graph->count - 1 - i);
    }
}

static void open_stage(void)
{
    struct cvg_buf text CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT((size_t)1 << 20);
    cvg_buf_puts(&text, "sources:\n  s: {type: scripted}\n");
    for (size_t i = 0; i < GRAPHS; i++) {
        cvg_buf_printf(&text, "  t%zu: {type: stream, every: 50ms, reports: %d}\n", i, TICKS);
        cvg_buf_printf(&text, "  u%zu: {type: stream, every: 50ms, reports: 1000000}\n", i);
    }
    cvg_buf_puts(&text, "environments: {prod: {checks: {\n");
    for (size_t i = 0; i < GRAPHS; i++) {
        put_graph(&text, &graphs[i]);
    }
    assert_int_equal(cvg_buf_puts(&text, "}}}\n"), 0);
    stage_open(&stage, cvg_buf_text(&text));
}

/* ---- what happens ---- */

static void set_root(const struct graph *graph, size_t at, int value)
{
    char name[32], text[64];
    name_of(graph, at, name, sizeof name);
    (void)snprintf(text, sizeof text, value < 0 ? "unknown" : "v%d", value);
    stage_write(&stage, name, text);
}

static void set_roots(int (*value)(const struct node *root, struct cvg_random *chance),
                      struct cvg_random *chance)
{
    for (size_t i = 0; i < GRAPHS; i++) {
        for (size_t at = 0; at < 2; at++) {
            set_root(&graphs[i], at, value(&graphs[i].nodes[at], chance));
        }
    }
}

static int any_value(const struct node *root, struct cvg_random *chance)
{
    (void)root;
    return random_value(chance);
}

static int last_value(const struct node *root, struct cvg_random *chance)
{
    (void)chance;
    return root->end;
}

/* ---- what must be in the end ---- */

/* Whether the message names an input that is not known in the end. */
static bool names_a_missing_one(const struct graph *graph, const struct node *node,
                                const char *message)
{
    char name[32], wanted[128];
    for (size_t i = 0; i < node->input_count; i++) {
        (void)snprintf(wanted, sizeof wanted, "checks.%s.facts.%s is not known",
                       name_of(graph, node->inputs[i], name, sizeof name),
                       fact_of(&graph->nodes[node->inputs[i]]));
        if (strcmp(wanted, message) == 0) {
            return !graph->nodes[node->inputs[i]].known;
        }
    }
    return false;
}

static bool is_at_its_end(const struct graph *graph, size_t at)
{
    const struct node *node = &graph->nodes[at];
    char name[32];
    const struct stage_check *check = stage_check(&stage, name_of(graph, at, name, sizeof name));
    if (!check->latest) {
        return false;
    }
    const struct cvg_reading *reading = cvg_reading_get(check->latest);
    if (node->kind == TICK) {
        return strcmp(reading->reason, "Streamed") == 0;
    }
    if (node->kind == ROOT) {
        return node->known ? cvg_text_equal(reading->observed, node->fact)
                           : strcmp(reading->reason, "Failed") == 0;
    }
    if (!node->known) {
        return strcmp(reading->reason, "InputMissing") == 0 &&
               names_a_missing_one(graph, node, reading->message);
    }
    if (node->kind == FED) {
        return strcmp(reading->reason, "Streamed") == 0 &&
               cvg_text_equal(reading->message, node->fact);
    }
    return strcmp(reading->reason, "Done") == 0 && cvg_text_equal(reading->observed, node->fact);
}

/* The first check that is not, or NULL. */
static const char *not_at_its_end(char *ret, size_t size)
{
    for (size_t i = 0; i < GRAPHS; i++) {
        for (size_t at = 0; at < graphs[i].count; at++) {
            if (!is_at_its_end(&graphs[i], at)) {
                return name_of(&graphs[i], at, ret, size);
            }
        }
    }
    return NULL;
}

static void await_the_end(void)
{
    char name[32];
    int64_t deadline = cvg_time_now() + 30 * CVG_SECOND;
    const char *apart;
    while ((apart = not_at_its_end(name, sizeof name))) {
        if (cvg_time_now() > deadline) {
            const struct cvg_reading *reading = stage_reading(&stage, apart);
            fail_msg("%s is %s '%s': %s", apart, reading->reason, reading->observed,
                     reading->message);
        }
        stage_turn(&stage, 20 * CVG_MS);
    }
}

/* ---- the property ---- */

static void when_it_is_quiet_every_check_was_asked_with_the_latest_facts(void **state)
{
    (void)state;
    struct cvg_random chance;
    cvg_random_seed(&chance, 7);
    size_t missing = 0, known = 0;
    for (size_t i = 0; i < GRAPHS; i++) {
        draw(&graphs[i], i);
        for (size_t at = 3; at < graphs[i].count; at++) {
            *(graphs[i].nodes[at].known ? &known : &missing) += 1;
        }
    }
    assert_true(missing >= 4 && known >= 4); /* else the seeds show nothing */

    open_stage();
    set_roots(any_value, &chance);
    cvg_runner_start(stage.runner, 1);
    for (int i = 0; i < CHANGES; i++) {
        const struct graph *graph = &graphs[cvg_random_below(&chance, GRAPHS)];
        set_root(graph, (size_t)cvg_random_below(&chance, 2), random_value(&chance));
        stage_turn(&stage, (int64_t)cvg_random_below(&chance, 100) * CVG_MS);
    }
    set_roots(last_value, &chance);
    await_the_end();
    stage_close(&stage);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(when_it_is_quiet_every_check_was_asked_with_the_latest_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
