/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place at work in the real host: a source of a module that does nothing else, with the real
 * loop, workers, watches and HTTP client. One test, one stage.
 */
#ifndef CVG_TEST_PLACE_STAGE_H
#define CVG_TEST_PLACE_STAGE_H

#include "place/place.h"

#include <stdbool.h>

struct cvg_loop;

struct stage {
    struct cvg_loop *loop;
    const struct cvg_host *host;
    struct cvg_source *source;
    const struct cvg_place_kind *kind;
    struct cvg_place_settings settings;
    void *place;
    struct cvg_place_tag tag;
    struct cvg_place_sight sight; /* the latest; its bytes are the stage's */
    size_t seen, changed;
    bool done; /* something of these came */
    struct inner *inner;
};

/* keys: of the source, ", url: ..." or "". */
void stage_open(struct stage *stage, const char *keys, const struct cvg_place_kind *kind,
                const struct cvg_place_settings *settings);
/* Closes the place as a module does, in source_destroy. */
void stage_close(struct stage *stage);
/* One look, waited for. */
const struct cvg_place_sight *stage_look(struct stage *stage);
/* One that is on its way: stage_wait() for it, or cancel it. */
struct cvg_place_look *stage_begin(struct stage *stage);
/* Turns until something comes, at most 10 s. */
void stage_wait(struct stage *stage);
/* Looks until this holds, at most 10 s. */
void stage_until(struct stage *stage, bool (*holds)(const struct cvg_place_sight *sight));

/* A whole file, put there at once; NULL takes it away. */
void stage_write(const char *path, const char *text);
/* "FOLDER/NAME"; free it. */
char *stage_path(const char *folder, const char *name);

#endif
