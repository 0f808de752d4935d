/* SPDX-License-Identifier: Apache-2.0 */
/* What is still on its way to the deciding thread when that ends. */
#include "base/alloc.h"
#include "config/config.h"
#include "decide/decider.h"
#include "io/loop.h"
#include "module/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    char folder[64], file[80];
    struct cvg_registry *registry;
    struct cvg_config *config;
    struct cvg_loop *loop;
    struct cvg_decider *decider;
};

static void begin(struct world *world)
{
    struct cvg_diagnostics diagnostics = {0};
    struct cvg_loop_options options = {0};
    struct cvg_error error;

    (void)snprintf(world->folder, sizeof(world->folder), "/tmp/convergate-end-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    (void)snprintf(world->file, sizeof(world->file), "%s/c.yaml", world->folder);
    FILE *out = fopen(world->file, "w");
    assert_non_null(out);
    fputs("environments: {}\n", out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(cvg_registry_open(world->folder, &world->registry, &error), 0);
    struct cvg_kinds kinds = cvg_registry_kinds(world->registry);
    world->config = cvg_config_read(world->file, &kinds, &diagnostics);
    assert_int_equal(cvg_loop_new(&options, &world->loop, &error), 0);
    assert_int_equal(
        cvg_decider_new(world->loop, world->config, world->registry, &diagnostics, &world->decider),
        0);
    cvg_decider_start(world->decider);
    cvg_diagnostics_done(&diagnostics);
}

static void end(struct world *world)
{
    cvg_loop_free(world->loop);
    cvg_config_unref(world->config);
    cvg_registry_free(world->registry);
    (void)unlink(world->file);
    (void)rmdir(world->folder);
}

struct question {
    struct cvg_ask ask;
    bool done;
};

static void done(struct cvg_ask *ask)
{
    CVG_CONTAINER(ask, struct question, ask)->done = true;
}

/* The question's memory, and the board that it is about, are gone soon after. */
static void every_question_is_over_before_the_board_goes(void **state)
{
    struct world world = {0};
    struct question question = {
        .ask = {.environment = "prod", .gate = "deploy", .subject = {.app = "a", .revision = ""}}};

    (void)state;
    begin(&world);
    struct cvg_board *board = cvg_decider_board(world.decider);
    question.ask.done = done;
    cvg_board_ask(board, &question.ask);
    cvg_board_hurry(board, "prod");
    (void)cvg_board_reload(board, "token:ci");
    assert_false(question.done);
    cvg_decider_free(world.decider);
    assert_true(question.done);
    assert_false(question.ask.found);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_question_is_over_before_the_board_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
