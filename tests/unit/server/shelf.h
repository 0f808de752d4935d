/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store in a folder of its own for tests of the server: SQLite's, but that its reads can be made
 * to fail or to wait. One at a time.
 */
#ifndef CVG_TESTS_SERVER_SHELF_H
#define CVG_TESTS_SERVER_SHELF_H

#include "store/store.h"

/* Opens it; it must be available. */
struct cvg_store *shelf_new(void);
/* The same on a file that is no database: unavailable from the start. */
struct cvg_store *shelf_new_foreign(void);
/* And takes the folder away. */
void shelf_free(struct cvg_store *store);

/* A decision about the app, whose id ends in `number`, at so many seconds since 1970. Returns when
 * it is committed. */
void shelf_decide(struct cvg_store *store, unsigned number, int64_t second, const char *environment,
                  const char *app, const char *verdict);
/* The id of that decision. */
const char *shelf_id(unsigned number);

/* Reads fail from now on, or no longer. */
void shelf_break(bool broken);
/* Reads wait from now on, until they are released. */
void shelf_hold(void);
void shelf_wait_held(unsigned count);
void shelf_release(void);

#endif
