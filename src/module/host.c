/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host table: the only way from a module into the daemon. What runs operations is src/io's, as
 * it is; here is what concerns the objects themselves.
 */
#include "base/text.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "io/child.h"
#include "io/file.h"
#include "io/http.h"
#include "io/lane.h"
#include "io/name.h"
#include "io/offload.h"
#include "io/secret.h"
#include "io/socket.h"
#include "io/timer.h"
#include "module/instance_inner.h"
#include "module/yaml.h"

#include <string.h>

/* Whose a scope is, for messages. */
struct whose {
    struct cvg_source *source;
    struct cvg_check *check; /* NULL: the source's */
};

static struct whose whose_is(struct cvg_scope *scope)
{
    struct cvg_handle *handle = CVG_CONTAINER(scope, struct cvg_handle, scope);
    struct whose whose = {0};
    switch (handle->kind) {
    case CVG_HANDLE_SOURCE:
        whose.source = CVG_CONTAINER(handle, struct cvg_source, handle);
        return whose;
    case CVG_HANDLE_CHECK:
        whose.check = CVG_CONTAINER(handle, struct cvg_check, handle);
        break;
    case CVG_HANDLE_RUN:
        whose.check = CVG_CONTAINER(handle, struct cvg_run, handle)->check;
        break;
    }
    whose.source = whose.check->source;
    return whose;
}

static struct cvg_scope *source_scope(struct cvg_source *source)
{
    return &source->handle.scope;
}

static struct cvg_scope *check_scope(struct cvg_check *check)
{
    return &check->handle.scope;
}

static struct cvg_scope *run_scope(struct cvg_run *run)
{
    return &run->handle.scope;
}

static enum cvg_log_level known_level(uint32_t level)
{
    switch (level) {
    case CVG_LOG_ERROR:
    case CVG_LOG_WARNING:
    case CVG_LOG_DEBUG:
        return (enum cvg_log_level)level;
    default:
        return CVG_LOG_INFO;
    }
}

static void host_log(struct cvg_scope *scope, uint32_t level, const char *text)
{
    struct whose whose = whose_is(scope);
    cvg_log(known_level(level), text ? text : "", "source", whose.source->setup.config->name,
            "environment", whose.check ? whose.check->environment : NULL, "check",
            whose.check ? whose.check->config->name : NULL, NULL);
}

static void config_error(struct cvg_scope *scope, const char *path, const char *text)
{
    struct whose whose = whose_is(scope);
    struct cvg_source *source = whose.source;
    struct cvg_check *check = whose.check;
    struct cvg_diagnostics *diagnostics = check ? check->creating : source->creating;
    if (!diagnostics) {
        cvg_source_slip(source, check, CVG_SLIP_CONFIG_ERROR);
        return;
    }
    if (check) {
        check->refusals++;
    } else {
        source->refusals++;
    }
    const struct cvg_node *node = check ? check->config->node : source->setup.config->node;
    char printable[512];
    const char *said = text ? text : "refused";
    cvg_text_printable(said, strlen(said), printable, sizeof printable);
    cvg_diagnostics_use(diagnostics, check ? check->config->use : NULL);
    cvg_diagnostics_error(diagnostics, cvg_node_at(node, path ? path : ""), "%s '%s': %s%s%s",
                          check ? "check" : "source",
                          check ? check->config->name : source->setup.config->name,
                          path ? path : "", path && *path ? ": " : "", printable);
    cvg_diagnostics_use(diagnostics, NULL);
}

static void group(struct cvg_check *check, const char *key)
{
    if (!check->creating || !key) {
        cvg_source_slip(check->source, check, CVG_SLIP_GROUP);
        return;
    }
    check->group = cvg_text_hash(key, strlen(key));
}

static void report(struct cvg_check *check, const struct cvg_reading *reading)
{
    struct cvg_source *source = check->source;
    if (check->handle.scope.ended) {
        return;
    }
    if (!source->started) {
        cvg_source_slip(source, check, CVG_SLIP_REPORTED_EARLY);
        return;
    }
    struct cvg_reading taken;
    cvg_reading_take(check, reading, &taken);
    int64_t began = cvg_source_exclude();
    source->setup.events->reported(source->setup.ctx, check, &taken);
    cvg_source_exclude_end(source, began);
}

static void alive(struct cvg_source *source)
{
    if (!source->started || !(source->setup.module->flags & CVG_MODULE_STREAMING)) {
        cvg_source_slip(source, NULL, CVG_SLIP_ALIVE);
        return;
    }
    int64_t began = cvg_source_exclude();
    source->setup.events->alive(source->setup.ctx, source);
    cvg_source_exclude_end(source, began);
}

static void wake(struct cvg_source *source)
{
    if (source->handle.scope.ended) {
        return;
    }
    if (!source->started || (source->setup.module->flags & CVG_MODULE_STREAMING)) {
        cvg_source_slip(source, NULL, CVG_SLIP_WAKE);
        return;
    }
    int64_t began = cvg_source_exclude();
    source->setup.events->woken(source->setup.ctx, source);
    cvg_source_exclude_end(source, began);
}

static const struct cvg_wanted *discovers(struct cvg_check *check)
{
    return check->config->discover ? &check->config->discover->wanted : NULL;
}

/* Objects one after the other, whatever size the module knows them with. */
static struct cvg_found_object *take_objects(const struct cvg_found *found)
{
    struct cvg_found_object *objects = cvg_alloc_array(found->count, sizeof *objects);
    size_t size = CVG_MIN(found->object_size, sizeof *objects);
    for (size_t i = 0; i < found->count; i++) {
        memcpy(&objects[i], (const char *)found->objects + i * found->object_size, size);
    }
    return objects;
}

static void found(struct cvg_check *check, const struct cvg_found *from)
{
    struct cvg_source *source = check->source;
    if (check->handle.scope.ended) {
        return;
    }
    if (!source->started || !check->config->discover || !from || from->size < sizeof *from ||
        (from->count && (!from->objects || from->object_size < sizeof *from->objects))) {
        cvg_source_slip(source, check, CVG_SLIP_FOUND);
        return;
    }
    int64_t began = cvg_source_exclude();
    CVG_CLEANUP(cvg_free_pointer) struct cvg_found_object *objects = take_objects(from);
    struct cvg_found taken = *from;
    taken.size = sizeof taken;
    taken.object_size = sizeof *objects;
    taken.objects = objects;
    source->setup.events->found(source->setup.ctx, check, &taken);
    cvg_source_exclude_end(source, began);
}

static int32_t digest(uint32_t kind, const void *bytes, size_t length, unsigned char *ret)
{
    switch (kind) {
    case CVG_DIGEST_SHA256:
        cvg_sha256(bytes, length, ret);
        return 0;
    case CVG_DIGEST_MD5:
        return cvg_md5(bytes, length, ret) ? 0 : -1;
    default:
        return -1;
    }
}

/* Whether what the check's module remembers is known. Before its source starts it never is: the
 * store is read after the checks are made. Where it is not, that is noted of whoever asks. */
static bool knows(struct cvg_check *check)
{
    struct cvg_run *run = cvg_check_run(check);
    if (!check->creating && cvg_memory_is_known(check->source->setup.memory)) {
        return true;
    }
    check->blank = true;
    if (run) {
        run->blank = true;
    }
    return false;
}

static int32_t remember(struct cvg_check *check, const void *bytes, size_t length)
{
    if (!knows(check)) {
        return -1;
    }
    if ((!bytes && length > 0) ||
        cvg_memory_put(check->source->setup.memory, check->memory_key, bytes, length) < 0) {
        cvg_source_slip(check->source, check, CVG_SLIP_TOO_MUCH_MEMORY);
        return -1;
    }
    return 0;
}

static size_t recall(struct cvg_check *check, const void **ret_bytes)
{
    *ret_bytes = NULL;
    if (!knows(check)) {
        return 0;
    }
    check->blank = false;
    return cvg_memory_get(check->source->setup.memory, check->memory_key, ret_bytes);
}

static int32_t endpoint_has(struct cvg_source *source, const char *key)
{
    return cvg_node_get_key(source->setup.config->node, key) != NULL;
}

static const char *endpoint_url(struct cvg_source *source)
{
    return source->lane ? cvg_lane_url(source->lane) : NULL;
}

const struct cvg_host cvg_host_table = {
    .size = sizeof(struct cvg_host),
    .abi_major = CVG_ABI_MAJOR,
    .abi_minor = CVG_ABI_MINOR,
    .now = cvg_time_now,
    .wall = cvg_time_wall,
    .source_scope = source_scope,
    .check_scope = check_scope,
    .run_scope = run_scope,
    .log = host_log,
    .config_error = config_error,
    .endpoint_set = cvg_source_set_endpoint,
    .group = group,
    .complete = cvg_run_complete,
    .report = report,
    .alive = alive,
    .http = cvg_http_start,
    .http_pause = cvg_http_pause,
    .http_resume = cvg_http_resume,
    .http_sever = cvg_http_sever,
    .timer = cvg_timer_start,
    .offload = cvg_offload_start,
    .read_file = cvg_file_read,
    .watch_file = cvg_file_watch,
    .spawn = cvg_child_spawn,
    .resolve = cvg_name_resolve,
    .connect = cvg_socket_connect,
    .watch_fd = cvg_socket_watch,
    .cancel = cvg_op_cancel,
    .secret = cvg_secret_fetch,
    .remember = remember,
    .recall = recall,
    .endpoint_has = endpoint_has,
    .secret_text = cvg_made_secret_text,
    .secret_file = cvg_made_secret_file,
    .secret_drop = cvg_made_secret_drop,
    .yaml = cvg_yaml_to_json,
    .wake = wake,
    .digest = digest,
    .endpoint_url = endpoint_url,
    .discovers = discovers,
    .found = found,
};
