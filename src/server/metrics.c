/* SPDX-License-Identifier: Apache-2.0 */
/* The whole of /metrics in its order, and the part that the server itself counts. */
#include "server/metrics.h"

#include "base/time.h"
#include "server/answer.h"
#include "server/exposition.h"
#include "server/process.h"
#include "server/tls.h"

#include <stdatomic.h>
#include <stdio.h>

/* 100,000 checks are about 20 MB. */
#define METRICS_LIMIT ((size_t)256 * 1024 * 1024)

static void write_requests(const struct cvg_traffic *traffic, struct cvg_buf *buf)
{
    const char *name = "convergate_http_requests_total";

    cvg_exposition_family(buf, name, "counter", "Answers given, by route and status code.");
    for (uint32_t route = 0; route < CVG_ROUTE_COUNT; route++) {
        for (unsigned i = 0; i < CVG_TRAFFIC_CODES; i++) {
            uint64_t count = cvg_traffic_answers(traffic, (enum cvg_route_id)route, i);
            unsigned code = cvg_traffic_code(i);
            char code_text[16];
            if (count == 0 && !cvg_traffic_expects((enum cvg_route_id)route, code)) {
                continue;
            }
            (void)snprintf(code_text, sizeof(code_text), "%u", code);
            struct cvg_exposition_label labels[] = {
                {"route", cvg_route_text((enum cvg_route_id)route)}, {"code", code_text}};
            cvg_exposition_count(buf, name, labels, CVG_COUNT(labels), count);
        }
    }
}

static void write_waiting(struct cvg_waiting *waiting, struct cvg_buf *buf)
{
    struct cvg_waiting_stats stats =
        waiting ? cvg_waiting_stats(waiting) : (struct cvg_waiting_stats){0};

    cvg_exposition_one(buf, "convergate_http_waiters", "gauge",
                       "Requests that wait for a change, streams of events included.",
                       (double)stats.places);
    cvg_exposition_one(buf, "convergate_http_event_streams", "gauge",
                       "Streams of events that are open.", (double)stats.streams);
}

static void write_refused(struct cvg_context *context, struct cvg_buf *buf)
{
    const char *name = "convergate_http_refused_total";

    cvg_exposition_family(buf, name, "counter",
                          "What went over a limit of server.limits, by limit.");
    for (unsigned i = 0; i < CVG_LIMIT_COUNT; i++) {
        struct cvg_exposition_label label = {"limit", cvg_limit_text((enum cvg_limit)i)};
        uint64_t count = cvg_refusals_get(&context->refusals, (enum cvg_limit)i);
        if (i == CVG_LIMIT_WAITERS && context->waiting) {
            count = cvg_waiting_stats(context->waiting).refused;
        }
        cvg_exposition_count(buf, name, &label, 1, count);
    }
}

static void write_unauthorized(struct cvg_context *context, struct cvg_buf *buf)
{
    const char *name = "convergate_http_unauthorized_total";

    cvg_exposition_family(buf, name, "counter",
                          "Requests of those who may not, by reason (401 and 403).");
    for (unsigned i = CVG_ACCESS_MISSING; i < CVG_ACCESS_OUTCOMES; i++) {
        struct cvg_exposition_label label = {"reason", cvg_access_text((enum cvg_access_outcome)i)};
        cvg_exposition_count(buf, name, &label, 1, atomic_load(&context->door.refused[i]));
    }
    if (context->tls) {
        cvg_exposition_one(buf, "convergate_http_certificate_expiry_timestamp_seconds", "gauge",
                           "When the server's certificate expires.",
                           cvg_exposition_seconds(cvg_tls_expires_at(context->tls)));
    }
}

static void write_reloads(struct cvg_board *board, struct cvg_buf *buf)
{
    static const char *const name = "convergate_reload_total";
    struct cvg_reload_status *status = cvg_board_reload_status(board);

    if (!status) {
        return;
    }
    cvg_exposition_family(buf, name, "counter",
                          "Reloads of the configuration since the start, by result.");
    cvg_exposition_count(buf, name, &(struct cvg_exposition_label){"result", "accepted"}, 1,
                         status->accepted);
    cvg_exposition_count(buf, name, &(struct cvg_exposition_label){"result", "refused"}, 1,
                         status->refused);
    cvg_exposition_one(buf, "convergate_config_loaded_timestamp_seconds", "gauge",
                       "When the configuration that is in force was taken over.",
                       cvg_exposition_seconds(status->loaded_at));
    cvg_reload_status_unref(status);
}

static void write_server(struct cvg_context *context, int64_t now, struct cvg_buf *buf)
{
    struct cvg_exposition_label version = {"version", context->version};
    int64_t heartbeat = cvg_board_heartbeat(context->board);

    cvg_exposition_family(buf, "convergate_build_info", "gauge",
                          "Always 1; the version is a label.");
    cvg_exposition_count(buf, "convergate_build_info", &version, 1, 1);
    cvg_exposition_one(buf, "convergate_loop_heartbeat_timestamp_seconds", "gauge",
                       "When the deciding thread last turned; 0 before its first turn.",
                       heartbeat ? cvg_exposition_seconds(cvg_time_wall() - (now - heartbeat)) : 0);
    cvg_exposition_one(buf, "convergate_http_connections", "gauge",
                       "Connections that are open now.",
                       (double)atomic_load(&context->traffic.connections));
    cvg_exposition_one(buf, "convergate_http_connections_accepted_total", "counter",
                       "Connections accepted since the start.",
                       (double)atomic_load(&context->traffic.connections_total));
    write_reloads(context->board, buf);
    write_waiting(context->waiting, buf);
    write_requests(&context->traffic, buf);
    write_refused(context, buf);
    write_unauthorized(context, buf);
}

static void write_process(struct cvg_buf *buf, int64_t started_at)
{
    struct cvg_process process;

    if (cvg_process_read(&process) < 0) {
        return;
    }
    cvg_exposition_one(buf, "process_cpu_seconds_total", "counter",
                       "User and system CPU time spent, in seconds.", process.cpu_seconds);
    cvg_exposition_one(buf, "process_resident_memory_bytes", "gauge",
                       "Resident memory size in bytes.", (double)process.resident_bytes);
    cvg_exposition_one(buf, "process_virtual_memory_bytes", "gauge",
                       "Virtual memory size in bytes.", (double)process.virtual_bytes);
    cvg_exposition_one(buf, "process_open_fds", "gauge", "Number of open file descriptors.",
                       (double)process.open_fds);
    cvg_exposition_one(buf, "process_max_fds", "gauge", "Maximum number of open file descriptors.",
                       (double)process.max_fds);
    cvg_exposition_one(buf, "process_start_time_seconds", "gauge",
                       "Start time of the process since the Unix epoch, in seconds.",
                       cvg_exposition_seconds(started_at ? started_at : process.started_at));
}

void cvg_metrics_write(struct cvg_context *context, int64_t now, struct cvg_buf *ret)
{
    struct cvg_vitals *vitals = cvg_board_vitals(context->board);

    cvg_metrics_write_board(context->board, now, ret);
    if (vitals) {
        cvg_metrics_write_vitals(vitals, ret);
        cvg_vitals_unref(vitals);
    }
    cvg_metrics_write_store(cvg_board_store(context->board), ret);
    write_server(context, now, ret);
    write_process(ret, context->started_at);
}

enum MHD_Result cvg_metrics_answer(struct cvg_request *request)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(METRICS_LIMIT);

    cvg_metrics_write(request->context, cvg_time_now(), &body);
    return cvg_answer_body(request, 200, CVG_EXPOSITION_TYPE, &body);
}
