/* SPDX-License-Identifier: Apache-2.0 */
/* The health routes as lists of named probes; which of them are asked can be excluded by name. */
#include "server/health.h"

#include "base/text.h"
#include "base/time.h"
#include "server/answer.h"
#include "server/parameters.h"
#include "store/store.h"

#include <string.h>

struct probe {
    const char *name;
    bool (*holds)(struct cvg_context *context);
    const char *(*note)(struct cvg_context *context); /* static text or ""; NULL: none */
};

static bool process_answers(struct cvg_context *context)
{
    (void)context;
    return true;
}

static bool configuration_serves(struct cvg_context *context)
{
    return cvg_board_serves(context->board);
}

/* For people: whether the files on disk are what is in force. It makes nothing fail, since the
 * configuration that is in force goes on. */
static const char *reload_note(struct cvg_context *context)
{
    struct cvg_reload_status *status = cvg_board_reload_status(context->board);
    bool refused = status && status->last_refused;

    cvg_reload_status_unref(status);
    return refused ? " (the last reload was refused; the configuration before goes on)" : "";
}

static bool listener_answers(struct cvg_context *context)
{
    (void)context; /* this request came through it */
    return true;
}

static bool thread_decides(struct cvg_context *context)
{
    return !cvg_board_stalled(context->board, cvg_time_now());
}

static bool is_excluded(const struct cvg_parameters *parameters, const char *name)
{
    for (size_t i = 0; i < parameters->exclude_count; i++) {
        if (cvg_text_equal(parameters->excludes[i], name)) {
            return true;
        }
    }
    return false;
}

/* What must be recorded is closed meanwhile, but readers are answered: so it makes nothing fail. */
static void write_store(struct cvg_context *context, bool excluded, struct cvg_buf *lines)
{
    struct cvg_store *store = cvg_board_store(context->board);
    struct cvg_store_status status;
    char why[CVG_ERROR_TEXT];

    if (!store) {
        return;
    }
    cvg_store_status(store, &status);
    if (excluded || status.available) {
        cvg_buf_printf(lines, "[+]store %s\n", excluded ? "excluded: ok" : "ok");
        return;
    }
    cvg_text_printable(status.why, strlen(status.why), why, sizeof(why));
    cvg_buf_printf(lines, "[-]store unavailable: %s: %s (recorded decisions are closed)\n",
                   cvg_store_fault_text(status.fault), why);
}

static enum MHD_Result answer(struct cvg_request *request, const char *name,
                              const struct probe *probes, size_t count)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf lines = CVG_BUF_INIT(4096);
    struct cvg_parameters parameters = {0};
    struct cvg_error error;
    bool healthy = true;

    if (request->query &&
        cvg_parameters_read(request->query, cvg_request_arena(request), &parameters, &error) < 0) {
        return cvg_answer_problem(request, 400, "BadRequest", error.text);
    }
    for (size_t i = 0; i < count; i++) {
        bool excluded = is_excluded(&parameters, probes[i].name);
        bool holds = excluded || probes[i].holds(request->context);
        healthy = healthy && holds;
        cvg_buf_printf(&lines, "[%c]%s %s%s\n", holds ? '+' : '-', probes[i].name,
                       excluded ? "excluded: ok" : (holds ? "ok" : "failed"),
                       probes[i].note ? probes[i].note(request->context) : "");
    }
    if (request->route != CVG_ROUTE_LIVEZ) {
        write_store(request->context, is_excluded(&parameters, "store"), &lines);
    }
    if (healthy && !parameters.verbose) {
        cvg_buf_clear(&lines);
        cvg_buf_puts(&lines, "ok");
    } else {
        cvg_buf_printf(&lines, "%s check %s\n", name, healthy ? "passed" : "failed");
    }
    return cvg_answer_body(request, healthy ? 200 : 503, CVG_TEXT_TYPE, &lines);
}

enum MHD_Result cvg_health_livez(struct cvg_request *request)
{
    static const struct probe probes[] = {{"process", process_answers, NULL}};

    return answer(request, "livez", probes, CVG_COUNT(probes));
}

enum MHD_Result cvg_health_readyz(struct cvg_request *request)
{
    static const struct probe probes[] = {
        {"configuration", configuration_serves, reload_note},
        {"listener", listener_answers, NULL},
        {"deciding", thread_decides, NULL},
    };

    return answer(request, cvg_route_text(request->route), probes, CVG_COUNT(probes));
}
