/* SPDX-License-Identifier: Apache-2.0 */
/* A check and its runs. */
#include "base/text.h"
#include "base/time.h"
#include "io/timer.h"
#include "model/reason.h"
#include "module/instance_inner.h"
#include "module/table.h"

#include <convergate/number.h>

#include <assert.h>
#include <string.h>

/* The module's side of it. Where it is refused, it sleeps. */
static int create(struct cvg_check *check, const void *settings,
                  struct cvg_diagnostics *diagnostics)
{
    const struct cvg_module *module = check->source->setup.module;
    check->settings = settings;
    check->creating = diagnostics;
    check->refusals = 0;
    int64_t entered = cvg_source_enter(check->source);
    int32_t refused =
        module->check_create(check->source->state, check, check->settings, &check->state);
    cvg_source_leave(check->source, entered);
    check->creating = NULL;
    if (refused && check->refusals == 0) {
        cvg_diagnostics_error(diagnostics, check->config->node,
                              "check '%s': module '%s' refuses it without saying why",
                              check->config->name, module->name);
    }
    if (!refused && check->refusals > 0) {
        cvg_scope_end(&check->handle.scope);
        module->check_destroy(check->state);
    }
    check->awake = !refused && check->refusals == 0;
    return check->awake ? 0 : CVG_E_INVALID;
}

static void destroy(struct cvg_check *check)
{
    cvg_scope_end(&check->handle.scope);
    if (check->awake) {
        check->source->setup.module->check_destroy(check->state);
    }
    check->awake = false;
    check->state = NULL;
}

static void dispose(struct cvg_check *check)
{
    cvg_scope_end(&check->handle.scope);
    check->source->checks--;
    free(check->environment);
    free(check->memory_key);
    cvg_batch_leave(check->batch);
    cvg_arena_free(check->fed);
    free(check);
}

int cvg_check_new(struct cvg_source *source, const char *environment,
                  const struct cvg_check_config *config, void *owner,
                  struct cvg_diagnostics *diagnostics, struct cvg_check **ret)
{
    struct cvg_check *check = CVG_NEW(struct cvg_check);
    check->source = source;
    source->checks++;
    check->config = config;
    check->environment = cvg_strdup(environment);
    check->memory_key = cvg_memory_key(environment, config->name, source->setup.module->name);
    check->owner = owner;
    check->group = cvg_text_hash(check->memory_key, strlen(check->memory_key));
    cvg_handle_init(&check->handle, source, CVG_HANDLE_CHECK);
    for (size_t i = 0; i < CVG_COUNT(check->runs); i++) {
        cvg_handle_init(&check->runs[i].handle, source, CVG_HANDLE_RUN);
        check->runs[i].check = check;
        check->runs[i].handle.scope.ended = true;
    }
    check->batch = cvg_batch_join(&check->source->batch);
    if (!config->polled && config->input_count > 0) {
        *ret = check; /* it sleeps until it is fed */
        return 0;
    }
    int code =
        create(check, cvg_config_check_settings(check->config, cvg_batch_arena(check->batch)),
               diagnostics);
    if (code < 0) {
        dispose(check);
        return code;
    }
    *ret = check;
    return 0;
}

void cvg_check_free(struct cvg_check *check)
{
    if (!check) {
        return;
    }
    cvg_run_cancel(cvg_check_run(check));
    destroy(check);
    dispose(check);
}

int cvg_check_feed(struct cvg_check *check, const void *settings, struct cvg_arena *arena,
                   struct cvg_diagnostics *diagnostics)
{
    struct cvg_arena *before = check->fed;
    destroy(check);
    cvg_handle_init(&check->handle, check->source, CVG_HANDLE_CHECK);
    check->fed = arena;
    int code = create(check, settings, diagnostics);
    cvg_arena_free(before);
    return code;
}

void cvg_check_starve(struct cvg_check *check)
{
    destroy(check);
}

bool cvg_check_is_awake(const struct cvg_check *check)
{
    return check->awake;
}

void cvg_check_adopt(struct cvg_check *check, const struct cvg_check_config *config, void *owner)
{
    check->config = config;
    check->owner = owner;
}

void *cvg_check_owner(const struct cvg_check *check)
{
    return check->owner;
}

const struct cvg_check_config *cvg_check_config(const struct cvg_check *check)
{
    return check->config;
}

uint64_t cvg_check_group(const struct cvg_check *check)
{
    return check->group;
}

struct cvg_run *cvg_check_run(struct cvg_check *check)
{
    struct cvg_run *run = &check->runs[check->latest];
    return run->state == CVG_RUN_ACTIVE ? run : NULL;
}

/* The handle stays: a module may still, wrongly, use it. */
static void end(struct cvg_run *run, enum cvg_run_state state)
{
    run->state = state;
    cvg_op_cancel(run->deadline);
    run->deadline = NULL;
    cvg_scope_end(&run->handle.scope);
    cvg_source_spend(run->check->source, run->arena);
    run->arena = NULL;
}

static void tell(struct cvg_run *run, const struct cvg_reading *reading)
{
    struct cvg_source *source = run->check->source;
    int64_t began = cvg_source_exclude();
    source->setup.events->completed(source->setup.ctx, run->check, run, reading);
    cvg_source_exclude_end(source, began);
}

void cvg_run_cancel(struct cvg_run *run)
{
    if (!run || run->state != CVG_RUN_ACTIVE) {
        return;
    }
    struct cvg_source *source = run->check->source;
    end(run, CVG_RUN_OVER);
    if (source->setup.module->cancel) {
        int64_t entered = cvg_source_enter(source);
        source->setup.module->cancel(run->check->state, run);
        cvg_source_leave(source, entered);
    }
}

static void on_deadline(void *arg, CVG_UNUSED struct cvg_op *op)
{
    struct cvg_run *run = arg;
    run->deadline = NULL;
    cvg_run_cancel(run);
    char after[CVG_NUMBER_TEXT];
    cvg_format_duration(run->check->config->timeout_ns, after, sizeof after);
    CVG_CLEANUP(cvg_free_pointer) char *message = cvg_format("no answer within %s", after);
    tell(run, &(struct cvg_reading){
                  .size = sizeof(struct cvg_reading),
                  .status = CVG_UNKNOWN,
                  .fault = CVG_FAULT_TIMEOUT,
                  .reason = cvg_reason_code(CVG_REASON_TIMED_OUT),
                  .message = message,
              });
}

void cvg_run_start(struct cvg_check *check, const struct cvg_run_inputs *inputs,
                   struct cvg_arena *config_arena)
{
    assert(!cvg_check_run(check));
    struct cvg_source *source = check->source;
    check->latest = 1 - check->latest;
    struct cvg_run *run = &check->runs[check->latest];
    cvg_handle_init(&run->handle, source, CVG_HANDLE_RUN);
    run->handle.scope.deadline_ns = inputs->deadline_ns;
    run->arena = config_arena;
    run->started_at = cvg_time_now();
    run->state = CVG_RUN_ACTIVE;
    run->blank = false;
    int64_t left = CVG_MAX(inputs->deadline_ns - run->started_at, 0);
    run->deadline = cvg_timer_start(&source->inner, left, on_deadline, run);

    struct cvg_run_inputs given = *inputs;
    given.size = sizeof given;
    if (!given.config) {
        given.config = check->settings;
    }
    int64_t entered = cvg_source_enter(source);
    source->setup.module->run(check->state, run, &given);
    cvg_source_leave(source, entered);
}

int64_t cvg_run_started_at(const struct cvg_run *run)
{
    return run->started_at;
}

static bool is_blank(struct cvg_check *check)
{
    const struct cvg_run *run = cvg_check_run(check);
    return check->blank || (run && run->blank);
}

/* Also where it is unknown anyhow: an alarm's absence is told by its reason. The fault stays, for
 * the source's breaker. */
static void make_unknown(struct cvg_reading *reading)
{
    *reading = (struct cvg_reading){
        .size = sizeof *reading,
        .status = CVG_UNKNOWN,
        .fault = reading->status == CVG_UNKNOWN ? reading->fault : (uint32_t)CVG_FAULT_NONE,
        .reason = cvg_reason_code(CVG_REASON_STORE_UNAVAILABLE),
        .message = "what its module remembers of it could not be read",
        .observed_at_ns = reading->observed_at_ns,
    };
}

void cvg_reading_take(struct cvg_check *check, const struct cvg_reading *from,
                      struct cvg_reading *ret)
{
    if (from && from->size >= offsetof(struct cvg_reading, message)) {
        cvg_table_copy(ret, sizeof *ret, from);
        if (is_blank(check)) {
            make_unknown(ret);
        }
        return;
    }
    cvg_source_slip(check->source, check, CVG_SLIP_NO_READING);
    *ret = (struct cvg_reading){
        .size = sizeof *ret,
        .status = CVG_UNKNOWN,
        .fault = CVG_FAULT_BUG,
        .reason = cvg_reason_code(CVG_REASON_MODULE_FAULT),
        .message = "the module handed over no reading, or one without a size",
    };
}

void cvg_run_complete(struct cvg_run *run, const struct cvg_reading *reading)
{
    struct cvg_check *check = run->check;
    if (run->state != CVG_RUN_ACTIVE) {
        cvg_source_slip(check->source, check,
                        run->state == CVG_RUN_COMPLETED ? CVG_SLIP_COMPLETED_TWICE
                                                        : CVG_SLIP_COMPLETED_LATE);
        return;
    }
    struct cvg_reading taken;
    cvg_reading_take(check, reading, &taken);
    end(run, CVG_RUN_COMPLETED);
    tell(run, &taken);
}
