/* SPDX-License-Identifier: Apache-2.0 */
/* convergate store: a copy of the store while it is in use, and a copy put in its place. */
#include "client/client.h"
#include "client/store_file.h"
#include "store/backup.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <stdio.h>

static int failed(const struct cvg_error *error)
{
    cvg_client_complain(error);
    return CVG_EXIT_UNKNOWN;
}

static void show(const char *what, const struct cvg_audit_report *report)
{
    char head[CVG_CHAIN_POINT_TEXT];

    cvg_chain_point_write(&report->head, head);
    printf("%s: %" PRIu64 " %s, verified\n  head   %s\n", what, report->rows,
           cvg_plural(report->rows, "row", "rows"), head);
}

int cvg_client_store_backup(const struct cvg_client_options *options)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_client_work work = {.what = "copying and verifying"};
    struct cvg_audit_options store = {.progress = cvg_client_work_progress, .ctx = &work};
    const char *to = options->arguments[0];
    struct cvg_audit_report report = {0};
    struct cvg_error error = {0};
    int rc = cvg_client_store_file(options, arena, &store.file, &error);

    if (rc == 0) {
        rc = cvg_backup_make(&store, to, &report, &error);
        cvg_client_work_done(&work);
    }
    if (rc < 0) {
        return failed(&error);
    }
    show(to, &report);
    return CVG_EXIT_GO;
}

int cvg_client_store_restore(const struct cvg_client_options *options)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    char actor[CVG_CLIENT_ACTOR];
    struct cvg_audit_report report = {0};
    struct cvg_error error = {0};
    const char *file = NULL;
    int rc = cvg_client_store_file(options, arena, &file, &error);

    cvg_client_actor(actor);
    if (rc == 0) {
        rc = cvg_backup_restore(file, options->arguments[0], actor, &report, &error);
    }
    if (rc < 0) {
        return failed(&error);
    }
    show(file, &report);
    return CVG_EXIT_GO;
}
