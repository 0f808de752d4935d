/* SPDX-License-Identifier: Apache-2.0 */
/* convergate init: from a live cluster to a configuration that a gate can be asked by. */
#include "base/text.h"
#include "base/time.h"
#include "client/client.h"
#include "client/init_read.h"
#include "client/init_write.h"
#include "runner/runner.h"

#include <convergate/number.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MOST (4u * 1024 * 1024)

/* ---- what was asked for ---- */

/* Such text is a reference to the loader, or belongs to a secret; no name here has it. */
static int refuse(const char *what, const char *text, struct cvg_error *reterr)
{
    if (text && (strstr(text, "${") || !cvg_text_is_utf8(text, strlen(text)))) {
        return cvg_error_set(reterr, CVG_E_INVALID, "%s cannot be written into a configuration",
                             what);
    }
    for (const char *at = text ? text : ""; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            return cvg_error_set(reterr, CVG_E_INVALID, "%s has control characters", what);
        }
    }
    return 0;
}

static bool is_url(const char *text)
{
    return cvg_text_starts(text, "https://") || cvg_text_starts(text, "http://");
}

/* User information and queries carry credentials, and would be written down. */
static int refuse_url(const char *what, const char *text, struct cvg_error *reterr)
{
    int rc = refuse(what, text, reterr);
    if (rc == 0 && !is_url(text)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "%s is no http or https URL", what);
    }
    if (rc == 0 && strpbrk(text, "@?#")) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "%s has credentials, a query or a fragment in it, which are not "
                             "written; leave them out",
                             what);
    }
    return rc;
}

/* The daemon runs elsewhere. */
static int absolute(struct cvg_init_found *found, const char *path, const char **ret,
                    struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_free_pointer) char *real = realpath(path, NULL);
    if (!real) {
        return cvg_error_set_errno(reterr, errno, "%s", path);
    }
    *ret = cvg_arena_strdup(found->arena, real);
    return refuse("a path", real, reterr);
}

static int take_places(const struct cvg_client_init *asked, struct cvg_init_found *found,
                       struct cvg_error *reterr)
{
    int rc = 0;
    if (asked->kubeconfig) {
        rc = absolute(found, asked->kubeconfig, &found->cluster.kubeconfig, reterr);
    }
    if (rc == 0 && asked->terraform && is_url(asked->terraform)) {
        found->state.place = asked->terraform;
        found->state.is_url = true;
        rc = refuse_url("--terraform", asked->terraform, reterr);
    } else if (rc == 0 && asked->terraform) {
        rc = absolute(found, asked->terraform, &found->state.place, reterr);
    }
    if (rc == 0 && asked->prometheus) {
        found->metrics.url = asked->prometheus;
        rc = refuse_url("--prometheus", asked->prometheus, reterr);
    }
    return rc;
}

static int take(const struct cvg_client_options *options, struct cvg_init_found *found,
                struct cvg_error *reterr)
{
    const struct cvg_client_init *asked = &options->init;
    const char *environment = options->rows.environment;
    if (*environment && !cvg_text_is_name(environment)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "--environment '%s' is no name", environment);
    }
    for (size_t i = 0; i < asked->namespace_count; i++) {
        const char *name = asked->namespaces[i];
        if (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name) ||
            strlen(name) > 63) {
            return cvg_error_set(reterr, CVG_E_INVALID, "--namespace '%s' is no namespace", name);
        }
    }
    found->environment = *environment ? environment : "prod";
    found->cluster.context = asked->context;
    found->cluster.allow_exec = asked->allow_exec;
    found->cluster.namespaces = asked->namespaces;
    found->cluster.namespace_count = asked->namespace_count;
    int rc = refuse("--context", asked->context, reterr);
    return rc < 0 ? rc : take_places(asked, found, reterr);
}

/* ---- the file ---- */

/* Whole or not at all, and for its owner alone. */
static int put(const char *path, const struct cvg_buf *text, bool force, struct cvg_error *reterr)
{
    char fresh[PATH_MAX];
    int length = snprintf(fresh, sizeof fresh, "%s.XXXXXX", path);
    if (length < 0 || (size_t)length >= sizeof fresh) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the path is too long");
    }
    int fd = mkostemp(fresh, O_CLOEXEC); /* 0600 */
    if (fd < 0) {
        return cvg_error_set_errno(reterr, errno, "%s", path);
    }
    int rc = 0;
    for (size_t done = 0; rc == 0 && done < text->length;) {
        ssize_t written = write(fd, text->data + done, text->length - done);
        if (written < 0) {
            rc = cvg_error_set_errno(reterr, errno, "%s", path);
        } else {
            done += (size_t)written;
        }
    }
    if (rc == 0 && fsync(fd) < 0) {
        rc = cvg_error_set_errno(reterr, errno, "%s", path);
    }
    (void)close(fd);
    /* NOREPLACE: one that came in the meantime stays too. */
    if (rc == 0 && renameat2(AT_FDCWD, fresh, AT_FDCWD, path, force ? 0 : RENAME_NOREPLACE) < 0) {
        rc = errno == EEXIST ? cvg_error_set(reterr, CVG_E_EXISTS, "%s is there already", path)
                             : cvg_error_set_errno(reterr, errno, "%s", path);
    }
    if (rc < 0) {
        (void)unlink(fresh);
    }
    return rc;
}

/* What `convergated --check` would say. */
static bool passes(struct cvg_registry *registry, const char *name, const struct cvg_buf *text,
                   bool silent)
{
    static const struct cvg_runner_events events = {0};
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    struct cvg_kinds kinds = cvg_registry_kinds(registry);
    struct cvg_config *config = NULL;
    struct cvg_runner *runner = NULL;
    struct cvg_loop *loop = NULL;
    struct cvg_error error = {0};
    int rc =
        cvg_config_load_text(name, cvg_buf_text(text), text->length, &kinds, &diagnostics, &config);
    if (rc == 0) {
        rc = cvg_loop_new(NULL, &loop, &error);
    }
    if (rc == 0) {
        rc = cvg_runner_new(loop, config, registry, &events, NULL, &diagnostics, &runner);
    }
    if (rc < 0 && !silent) {
        cvg_diagnostics_print(&diagnostics, stderr);
    }
    cvg_runner_free(runner);
    cvg_loop_free(loop);
    cvg_config_unref(config);
    return rc == 0;
}

static bool is_there(struct cvg_registry *registry, const char *module)
{
    struct cvg_kinds kinds = cvg_registry_kinds(registry);
    const char *why = NULL;
    return kinds.find(kinds.ctx, module, &why) != NULL;
}

/* Suggestions that the modules here refuse become comments. */
static int write_text(struct cvg_registry *registry, struct cvg_init_found *found, const char *name,
                      struct cvg_buf *text, struct cvg_init_written *ret, struct cvg_error *reterr)
{
    const struct cvg_init_live live = {.dns = is_there(registry, "dns"),
                                       .tls = is_there(registry, "tls"),
                                       .http = is_there(registry, "http")},
                               none = {0};
    size_t notes = found->note_count, over = found->notes_over;
    bool any = live.dns || live.tls || live.http;
    cvg_init_write(found, &live, text, ret);
    if (ret->checks == 0) {
        return cvg_error_set(reterr, CVG_E_NOT_FOUND, "nothing was found that could be checked");
    }
    if (any && !passes(registry, name, text, true)) {
        found->note_count = notes;
        found->notes_over = over;
        cvg_buf_clear(text);
        cvg_init_write(found, &none, text, ret);
    }
    if (text->overflow) {
        return cvg_error_set(reterr, CVG_E_TOO_LARGE, "the configuration would be over 4 MiB");
    }
    return passes(registry, name, text, false)
               ? 0
               : cvg_error_set(reterr, CVG_E_BUG, "what was made of it is not valid");
}

/* ---- what is told ---- */

static void tell(const struct cvg_init_found *found, const struct cvg_init_written *written,
                 int64_t took, bool whole, const char *output)
{
    char time[CVG_NUMBER_TEXT];
    const struct cvg_init_cluster *cluster = &found->cluster;
    size_t rules = found->metrics.alerting + found->metrics.recording;
    cvg_format_duration(took / CVG_MS * CVG_MS, time, sizeof time);
    fprintf(stderr, "Read in %s: %zu %s, %zu %s", time, cluster->workload_count,
            cvg_plural(cluster->workload_count, "workload", "workloads"), cluster->host_count,
            cvg_plural(cluster->host_count, "host", "hosts"));
    if (found->state.read) {
        fprintf(stderr, "; %zu %s and %zu %s of the Terraform state", found->state.resources,
                cvg_plural(found->state.resources, "resource", "resources"),
                found->state.outputs_seen,
                cvg_plural(found->state.outputs_seen, "output", "outputs"));
    }
    if (found->metrics.read) {
        fprintf(stderr, "; %zu %s and %zu %s of the Prometheus", found->metrics.jobs,
                cvg_plural(found->metrics.jobs, "job", "jobs"), rules,
                cvg_plural(rules, "rule", "rules"));
    }
    fprintf(stderr, ".\nWritten: %zu %s, %zu of them required%s.\n", written->checks,
            cvg_plural(written->checks, "check", "checks"), written->required,
            whole ? "" : "; something was not read, see above");
    if (!cvg_text_equal(output, "-")) {
        fprintf(stderr,
                "\nNext:\n  convergated --check -c %s\n  convergated -c %s\n"
                "  convergate check %s --wait 2m\n",
                output, output, found->environment);
    }
}

static int hand_over(const struct cvg_client_init *asked, const char *output,
                     const struct cvg_buf *text, struct cvg_error *reterr)
{
    if (!cvg_text_equal(output, "-")) {
        return put(output, text, asked->force, reterr);
    }
    bool written = fwrite(text->data, 1, text->length, stdout) == text->length;
    return written && fflush(stdout) == 0 ? 0
                                          : cvg_error_set_errno(reterr, errno, "standard output");
}

/* A file that is there is told before the cluster is asked. */
static int check_output(const char *output, bool force, struct cvg_error *reterr)
{
    struct stat info;
    if (cvg_text_equal(output, "-") || lstat(output, &info) < 0) {
        return 0;
    }
    if (!S_ISREG(info.st_mode)) {
        return cvg_error_set(reterr, CVG_E_EXISTS, "%s is no regular file", output);
    }
    return force ? 0
                 : cvg_error_set(reterr, CVG_E_EXISTS,
                                 "%s is there already; --force overwrites it, --output takes "
                                 "another name",
                                 output);
}

static int work(const struct cvg_client_options *options, struct cvg_registry *registry,
                struct cvg_init_found *found, bool *ret_whole, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(TEXT_MOST);
    const char *output = options->output ? options->output : "convergate.yaml";
    struct cvg_init_written written = {0};
    int64_t began = cvg_time_now();
    int rc = check_output(output, options->init.force, reterr);
    if (rc == 0) {
        rc = take(options, found, reterr);
    }
    if (rc == 0) {
        rc = cvg_init_read(registry, found, ret_whole, reterr);
    }
    if (rc == 0) {
        rc = write_text(registry, found, output, &text, &written, reterr);
    }
    if (rc == 0) {
        rc = hand_over(&options->init, output, &text, reterr);
    }
    if (rc == 0) {
        tell(found, &written, cvg_time_now() - began, *ret_whole, output);
    }
    return rc;
}

int cvg_client_init(const struct cvg_client_options *options)
{
    struct cvg_registry *registry = NULL;
    struct cvg_init_found found;
    struct cvg_error error = {0};
    bool whole = false;
    if (cvg_client_open_registry(options->modules, &registry) < 0) {
        return CVG_EXIT_UNKNOWN;
    }
    cvg_init_found_new(&found);
    int rc = work(options, registry, &found, &whole, &error);
    if (rc < 0) {
        cvg_client_complain(&error);
    }
    cvg_init_found_done(&found);
    cvg_registry_free(registry);
    return rc < 0 ? CVG_EXIT_UNKNOWN : whole ? CVG_EXIT_GO : CVG_EXIT_WAIT;
}
