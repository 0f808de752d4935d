/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a plugin, telling it what it may know, running it; see exec.h. */
#include "exec.h"

#include "kit/memory.h"
#include "kit/printable.h"
#include "writer.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INFO           "KUBERNETES_EXEC_INFO="
#define VARIABLES_MOST 4096
#define TOKEN_LEAST    16 /* characters */

extern char **environ;

/* ---- the command ---- */

static int is_program(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

static int join(char *ret, size_t size, const char *folder, size_t length, const char *name)
{
    int written = snprintf(ret, size, "%.*s/%s", (int)length, folder, name);
    return written > 0 && (size_t)written < size && is_program(ret) ? 0 : -1;
}

int cvg_kube_exec_find(const struct cvg_kube_plugin *plugin, const char *path, char *ret,
                       size_t size)
{
    const char *command = plugin->command;
    if (command[0] == '/') {
        return join(ret, size, "", 0, command + 1);
    }
    if (strchr(command, '/') != NULL) {
        return join(ret, size, plugin->directory, strlen(plugin->directory), command);
    }
    for (const char *at = path; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, ":");
        /* A relative folder of PATH would be the daemon's, which has none. */
        if (at[0] == '/' && length < PATH_MAX && join(ret, size, at, length, command) == 0) {
            return 0;
        }
        at += length + (at[length] == ':');
    }
    return -1;
}

/* ---- what it is told ---- */

char *cvg_kube_exec_info(const struct cvg_kube_plugin *plugin)
{
    struct cvg_kube_writer writer = {0};
    cvg_kube_write(&writer, "{");
    cvg_kube_write_key(&writer, "apiVersion");
    cvg_kube_write_string(&writer, plugin->api_version);
    cvg_kube_write(&writer, ",\"kind\":\"ExecCredential\",\"spec\":{\"interactive\":false");
    if (plugin->cluster != NULL) {
        cvg_kube_write(&writer, ",\"cluster\":");
        cvg_kube_write(&writer, plugin->cluster);
    }
    cvg_kube_write(&writer, "}}");
    return writer.text;
}

static int has_variable(const char *const *list, size_t count, const char *variable)
{
    size_t length = strcspn(variable, "=") + 1;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(list[i], variable, length) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The plugin's own first, then what the daemon has and the plugin does not say. Ends at NULL. */
static const char **make_environment(const struct cvg_kube_plugin *plugin, const char *info)
{
    const char **list = cvg_kit_alloc((VARIABLES_MOST + 1) * sizeof(*list));
    size_t count = 0;
    list[count++] = info;
    /* The last of two with one name counts, as in client-go. */
    size_t own = 0;
    while (plugin->environment[own] != NULL) {
        own++;
    }
    while (own-- > 0) {
        if (!has_variable(list, count, plugin->environment[own])) {
            list[count++] = plugin->environment[own];
        }
    }
    for (size_t i = 0; environ != NULL && environ[i] != NULL && count < VARIABLES_MOST; i++) {
        if (strchr(environ[i], '=') != NULL && !has_variable(list, count, environ[i])) {
            list[count++] = environ[i];
        }
    }
    return list;
}

static const char **make_arguments(const struct cvg_kube_plugin *plugin, const char *program)
{
    size_t count = 0;
    while (plugin->arguments[count] != NULL) {
        count++;
    }
    const char **list = cvg_kit_alloc((count + 2) * sizeof(*list));
    list[0] = program;
    for (size_t i = 0; i < count; i++) {
        list[i + 1] = plugin->arguments[i];
    }
    return list;
}

/* ---- a run ---- */

static int may_be_in_a_token(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '+' || byte == '=';
}

/* Plugins in trouble, or told to be verbose, print what they had in hand: long words with digits in
 * them, which people need least. */
static void hide_tokens(char *line)
{
    char *to = line;
    for (const char *at = line; *at != '\0';) {
        size_t length = 0, digits = 0;
        for (; may_be_in_a_token(at[length]); length++) {
            digits += at[length] >= '0' && at[length] <= '9';
        }
        int hidden = length >= TOKEN_LEAST && digits > 0;
        size_t kept = length == 0 ? 1 : length;
        memmove(to, hidden ? "***" : at, hidden ? 3 : kept);
        to += hidden ? 3 : kept;
        at += kept;
    }
    *to = '\0';
}

static void tell_failure(const struct cvg_kube_exec_run *run, const char *what, const char *err,
                         size_t err_length)
{
    struct cvg_kube_problem problem;
    char line[200];
    size_t skip = strspn(err_length > 0 ? err : "", " \t\r\n");
    size_t length = err_length > skip ? strcspn(err + skip, "\r\n") : 0;
    cvg_kit_printable(line, sizeof(line), err_length > 0 ? err + skip : "", length);
    hide_tokens(line);
    (void)cvg_kube_problem_set(&problem, "kubeconfig", "the exec plugin '%.80s' %s%s%s",
                               run->plugin->command, what, line[0] ? ": " : "", line);
    run->on_done(run->arg, NULL, &problem);
}

// NOLINTNEXTLINE(readability-function-size): the shape is the host table's
static void on_exit_of_plugin(void *arg, struct cvg_op *op, uint32_t fault, const char *text,
                              int32_t exit_code, int32_t signal, const char *out, size_t out_length,
                              const char *err, size_t err_length)
{
    const struct cvg_kube_exec_run *run = arg;
    char what[160];
    (void)op;
    if (fault == CVG_FAULT_TIMEOUT) {
        tell_failure(run, "did not end within 30s", err, err_length);
    } else if (fault == CVG_FAULT_TOO_LARGE) {
        tell_failure(run, "printed more than 1 MiB", "", 0);
    } else if (fault != CVG_FAULT_NONE) {
        tell_failure(run, "could not be started", text, strlen(text));
    } else if (signal != 0) {
        (void)snprintf(what, sizeof(what), "was killed by signal %d", (int)signal);
        tell_failure(run, what, err, err_length);
    } else if (exit_code != 0) {
        (void)snprintf(what, sizeof(what), "failed with exit code %d", (int)exit_code);
        tell_failure(run, what, err, err_length);
    } else {
        struct cvg_kube_problem problem;
        struct cvg_kube_credential *credential =
            cvg_kube_credential_read(out, out_length, run->plugin->api_version, &problem);
        run->on_done(run->arg, credential, credential == NULL ? &problem : NULL);
    }
}

int cvg_kube_exec_start(const struct cvg_kube_exec_run *run, struct cvg_op **ret,
                        struct cvg_kube_problem *problem)
{
    const struct cvg_kube_plugin *plugin = run->plugin;
    /* Nobody changes the environment while the daemon runs. */
    const char *path = getenv("PATH"); // NOLINT(concurrency-mt-unsafe)
    char program[PATH_MAX];
    if (cvg_kube_exec_find(plugin, path, program, sizeof(program)) < 0) {
        (void)cvg_kube_problem_set(
            problem, "kubeconfig",
            "the exec plugin '%.80s' is no program that can be found%s%.200s", plugin->command,
            plugin->install_hint[0] ? ": " : "", plugin->install_hint);
        return -1;
    }
    char *info = cvg_kube_exec_info(plugin);
    size_t size = strlen(INFO) + strlen(info) + 1;
    char *variable = cvg_kit_alloc(size);
    (void)snprintf(variable, size, "%s%s", INFO, info);
    const char **arguments = make_arguments(plugin, program);
    const char **environment = make_environment(plugin, variable);
    struct cvg_spawn spawn = {
        .size = sizeof(spawn),
        .argv = arguments,
        .environment = environment,
        .output_limit = CVG_KUBE_EXEC_OUTPUT,
        .timeout_ns = CVG_KUBE_EXEC_TIME,
        .memory_limit = CVG_KUBE_EXEC_MEMORY,
        .on_done = on_exit_of_plugin,
        .flags = CVG_SPAWN_SECRET,
    };

    /* The run outlives the child by contract, but is told as const: nothing of it is changed. */
    union {
        const struct cvg_kube_exec_run *in;
        void *out;
    } arg = {.in = run};

    spawn.arg = arg.out;
    *ret = run->host->spawn(run->scope, &spawn);
    free(arguments);
    free(environment);
    cvg_kube_bytes_free(variable, size);
    free(info);
    return 0;
}
