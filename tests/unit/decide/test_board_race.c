/* SPDX-License-Identifier: Apache-2.0 */
/* Readers look environments up while they are published, replaced, added and removed. */
#include "base/alloc.h"
#include "decide/board.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define READERS     4
#define GENERATIONS 2000

static struct cvg_snapshot *snapshot_of(const char *name, uint64_t sequence)
{
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_snapshot *snapshot = cvg_arena_alloc(arena, sizeof(*snapshot));

    atomic_init(&snapshot->references, 1);
    snapshot->arena = arena;
    snapshot->environment = cvg_arena_strdup(arena, name);
    snapshot->sequence = sequence;
    return snapshot;
}

struct race {
    struct cvg_board *board;
    _Atomic bool over;
    _Atomic size_t wrong, seen;
};

/* What stays must be there at every time, and never go back; what is there has its own name. */
static void *read_board(void *arg)
{
    struct race *race = arg;
    uint64_t latest = 0;

    while (!atomic_load(&race->over)) {
        struct cvg_snapshot **held = NULL;
        bool more = false;
        struct cvg_snapshot *stays = cvg_board_lookup(race->board, "stays");
        bool right = stays && strcmp(stays->environment, "stays") == 0 && stays->sequence >= latest;
        latest = stays ? stays->sequence : latest;
        cvg_snapshot_unref(stays);
        size_t count = cvg_board_page(race->board, NULL, SIZE_MAX, &held, &more);
        for (size_t i = 1; i < count; i++) {
            right = right && strcmp(held[i - 1]->environment, held[i]->environment) < 0;
        }
        right = right && count == 2 && !more && cvg_board_count(race->board) == 2;
        cvg_board_release(held, count);
        atomic_fetch_add(&race->wrong, !right);
        atomic_fetch_add(&race->seen, 1);
    }
    return NULL;
}

static void readers_see_whole_generations(void **state)
{
    static const char *const first[] = {"passing0", "stays"};
    struct race race = {.board = cvg_board_new(first, 2)};
    pthread_t readers[READERS];

    (void)state;
    cvg_board_publish(race.board, 0, snapshot_of("passing0", 1));
    cvg_board_publish(race.board, 1, snapshot_of("stays", 1));
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_board, &race), 0);
    }
    for (unsigned i = 1; i <= GENERATIONS || atomic_load(&race.seen) < GENERATIONS; i++) {
        char passing[32];
        (void)snprintf(passing, sizeof(passing), "passing%u", i);
        const char *const names[] = {passing, "stays"};
        struct cvg_snapshot *const snapshots[] = {snapshot_of(passing, 1), NULL};
        cvg_board_replace(race.board, names, snapshots, 2);
        cvg_board_publish(race.board, 1, snapshot_of("stays", i + 1));
        cvg_board_publish_reload(race.board, cvg_reload_status_new());
    }
    atomic_store(&race.over, true);
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
    }
    assert_int_equal(atomic_load(&race.wrong), 0);
    cvg_board_free(race.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_see_whole_generations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
