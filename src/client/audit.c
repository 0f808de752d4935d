/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convergate audit: the end of the chain as the daemon tells it; and, on the store's file without a
 * daemon, verifying, exporting and sealing it.
 */
#include "client/ask.h"
#include "client/client.h"
#include "client/store_file.h"
#include "wire/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define EXIT_PROBLEM 1

static int failed(const struct cvg_error *error)
{
    cvg_client_complain(error);
    return CVG_EXIT_UNKNOWN;
}

/* ---- head ---- */

static int show_head(struct cvg_loop *loop, const struct cvg_client_options *options,
                     struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_reply_done) struct cvg_reply reply = {0};
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_wire_head head;
    int rc = cvg_client_get(loop, options, "/v1/audit/head", &reply, reterr);

    if (rc == 0 && options->json) {
        puts(cvg_buf_text(&reply.body));
        return 0;
    }
    if (rc == 0) {
        rc = cvg_wire_head_read(cvg_buf_text(&reply.body), reply.body.length, arena, &head, reterr);
    }
    if (rc == 0) {
        printf("%s\n  signed at  %s\n  public key %s\n", head.head, head.signed_at,
               head.public_key);
    }
    return rc;
}

int cvg_client_audit_head(struct cvg_loop *loop, const struct cvg_client_options *options)
{
    struct cvg_error error = {0};

    return show_head(loop, options, &error) < 0 ? failed(&error) : CVG_EXIT_GO;
}

/* ---- verify ---- */

static void show_report(const char *file, const struct cvg_audit_report *report)
{
    char head[CVG_CHAIN_POINT_TEXT];

    cvg_chain_point_write(&report->head, head);
    if (*report->problem) {
        printf("%s: NOT WHOLE: %s\n", file, report->problem);
    } else {
        printf("%s: whole\n", file);
    }
    if (report->rows) {
        printf("  rows   %" PRIu64 ", number %" PRIu64 " to %" PRIu64 "\n", report->rows,
               report->first, report->last);
    } else {
        puts("  rows   none");
    }
    printf("  head   %s\n", head);
    if (report->pruned_up_to) {
        printf("  older  retention took the rows up to %" PRIu64 "; signed checkpoints: %" PRIu64
               "\n",
               report->pruned_up_to, report->checkpoints);
    }
    if (report->unacknowledged) {
        printf("  after the head file's head: %" PRIu64
               " (committed, but not acknowledged to whoever asked)\n",
               report->unacknowledged);
    }
}

int cvg_client_audit_verify(const struct cvg_client_options *options)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_client_work work = {.what = "verifying"};
    struct cvg_chain_point expected;
    struct cvg_audit_options audit = {.progress = cvg_client_work_progress, .ctx = &work};
    struct cvg_audit_report report = {0};
    struct cvg_error error = {0};

    if (cvg_client_store_file(options, arena, &audit.file, &error) < 0) {
        return failed(&error);
    }
    if (options->head && cvg_chain_point_read(options->head, &expected)) {
        audit.expected = &expected;
    }
    int rc = cvg_audit_verify(&audit, &report, &error);
    cvg_client_work_done(&work);
    if (rc < 0) {
        return failed(&error);
    }
    show_report(audit.file, &report);
    return *report.problem ? EXIT_PROBLEM : CVG_EXIT_GO;
}

/* ---- export ---- */

/* The most that a row can be as a document: all of its texts escaped. */
#define LINE_MOST (8 * (CVG_RECORD_BODY + (size_t)64 * 1024))

struct exporting {
    struct cvg_buf line;
    int trouble; /* errno of the output */
};

static bool export_row(void *ctx, const struct cvg_record *record)
{
    struct exporting *exporting = ctx;
    struct cvg_buf *line = &exporting->line;

    cvg_buf_clear(line);
    if (cvg_wire_record_write(record, line) < 0 || cvg_buf_putc(line, '\n') < 0) {
        exporting->trouble = EMSGSIZE;
        return false;
    }
    errno = 0;
    if (fwrite(line->data, 1, line->length, stdout) != line->length) {
        exporting->trouble = errno ? errno : EIO;
    }
    return exporting->trouble == 0;
}

int cvg_client_audit_export(const struct cvg_client_options *options)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_audit_options audit = {0};
    struct exporting exporting = {.line = CVG_BUF_INIT(LINE_MOST)};
    struct cvg_error error = {0};
    int rc = cvg_client_store_file(options, arena, &audit.file, &error);

    if (rc == 0) {
        rc = cvg_audit_walk(&audit, export_row, &exporting, &error);
    }
    cvg_buf_done(&exporting.line);
    if (rc == 0 && exporting.trouble == 0 && fflush(stdout) != 0) {
        exporting.trouble = errno;
    }
    /* A part of the rows must not pass for all of them. */
    if (rc == 0 && exporting.trouble) {
        rc = cvg_error_set_errno(&error, exporting.trouble, "the rows could not all be written");
    }
    return rc < 0 ? failed(&error) : CVG_EXIT_GO;
}

/* ---- seal ---- */

int cvg_client_audit_seal(const struct cvg_client_options *options)
{
    char actor[CVG_CLIENT_ACTOR], text[CVG_CHAIN_POINT_TEXT];
    const struct cvg_audit_options audit = {.file = options->store};
    struct cvg_chain_point head;
    struct cvg_error error = {0};

    cvg_client_actor(actor);
    if (cvg_audit_seal(&audit, actor, options->why, &head, &error) < 0) {
        return failed(&error);
    }
    cvg_chain_point_write(&head, text);
    printf("%s: sealed as %s; the chain goes on from\n  head   %s\n", options->store, actor, text);
    return CVG_EXIT_GO;
}
