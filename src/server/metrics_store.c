/* SPDX-License-Identifier: Apache-2.0 */
/* The part of /metrics that comes from the store; nothing where there is none. */
#include "server/exposition.h"
#include "server/metrics.h"
#include "store/store.h"

static void write_faults(const struct cvg_store_status *status, struct cvg_buf *buf)
{
    const char *name = "convergate_store_fault";

    cvg_exposition_family(buf, name, "gauge",
                          "1 for the reason why the store is unavailable, 0 for the others.");
    for (unsigned fault = CVG_STORE_NO_FAULT + 1; fault < CVG_STORE_FAULT_KINDS; fault++) {
        struct cvg_exposition_label label = {"fault",
                                             cvg_store_fault_text((enum cvg_store_fault)fault)};
        cvg_exposition_count(buf, name, &label, 1, !status->available && fault == status->fault);
    }
}

struct kind {
    const char *name;
    uint64_t count;
};

static void write_kinds(const char *name, const char *help, const struct kind *kinds, size_t count,
                        struct cvg_buf *buf)
{
    cvg_exposition_family(buf, name, "counter", help);
    for (size_t i = 0; i < count; i++) {
        struct cvg_exposition_label label = {"kind", kinds[i].name};
        cvg_exposition_count(buf, name, &label, 1, kinds[i].count);
    }
}

static void write_rows(const struct cvg_store_status *status, struct cvg_buf *buf)
{
    const struct kind written[] = {
        {"record", status->records}, {"change", status->changes}, {"note", status->notes}};
    const struct kind pruned[] = {{"record", status->records_pruned},
                                  {"change", status->changes_pruned}};

    write_kinds("convergate_store_rows_total", "Rows committed since the start, by kind.", written,
                CVG_COUNT(written), buf);
    write_kinds("convergate_store_pruned_total",
                "Rows that retention took away since the start, by kind.", pruned,
                CVG_COUNT(pruned), buf);
}

static void write_counts(const struct cvg_store_status *status, struct cvg_buf *buf)
{
    const struct {
        const char *name, *type, *help;
        double value;
    } families[] = {
        {"convergate_store_commits_total", "counter", "Transactions committed since the start.",
         (double)status->commits},
        {"convergate_store_commit_failures_total", "counter",
         "Transactions that could not be committed.", (double)status->failures},
        {"convergate_store_changes_lost_total", "counter",
         "Rows of history that were lost while the store was unavailable.",
         (double)status->changes_lost},
        {"convergate_store_records_refused_total", "counter",
         "Decisions and acts that could not be recorded, and so did not count.",
         (double)status->records_refused},
        {"convergate_store_commit_seconds_total", "counter", "Time spent in commits.",
         status->commit_seconds},
        {"convergate_store_commit_longest_seconds", "gauge", "The longest commit of late.",
         status->commit_longest_s},
        {"convergate_store_bytes", "gauge", "Size of the store on disk.",
         (double)status->sizes.bytes},
        {"convergate_store_queue", "gauge", "Decisions and acts that wait for their commit.",
         (double)status->queued},
        {"convergate_audit_head", "gauge", "Number of the latest row of the audit chain.",
         (double)status->head.point.number},
    };

    for (size_t i = 0; i < CVG_COUNT(families); i++) {
        cvg_exposition_one(buf, families[i].name, families[i].type, families[i].help,
                           families[i].value);
    }
}

void cvg_metrics_write_store(struct cvg_store *store, struct cvg_buf *ret)
{
    struct cvg_store_status status;

    if (!store) {
        return;
    }
    cvg_store_status(store, &status);
    cvg_exposition_one(ret, "convergate_store_available", "gauge",
                       "1 while the store can be written, 0 while what needs it is refused.",
                       status.available);
    write_faults(&status, ret);
    write_counts(&status, ret);
    write_rows(&status, ret);
}
