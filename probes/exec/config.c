/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of sources and checks; see config.h. */
#include "config.h"

#include "codes.h"

#include <stdio.h>
#include <string.h>

#define KIB (INT64_C(1) << 10)
#define MIB (INT64_C(1) << 20)
#define GIB (INT64_C(1) << 30)

static const char *const table_choices[] = {"script", "nagios", NULL};
static const char *const output_choices[] = {"text", "nagios", "json", NULL};

const struct cvg_field cvg_exec_source_fields[] = {
    {.name = "concurrency",
     .doc = "Programs of its checks that run at the same time, at most. The others wait for their "
            "turn within their timeout.",
     .default_text = "4",
     .type = CVG_FIELD_INT,
     .offset = offsetof(struct cvg_exec_source_config, concurrency),
     .min = 1,
     .max = 64},
    {0},
};

static const struct cvg_field secret_fields[] = {
    {.name = "name",
     .doc = "The variable's name.",
     .example = "PGPASSWORD",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_exec_secret, name),
     .max = 128},
    {.name = "value",
     .doc = "Where its value is read from before each run.",
     .example = "credential:pgpassword",
     .type = CVG_FIELD_SECRET,
     .flags = CVG_FIELD_REQUIRED,
     .offset = offsetof(struct cvg_exec_secret, value)},
    {0},
};

const struct cvg_field cvg_exec_check_fields[] = {
    {.name = "argv",
     .doc = "The program, by its absolute path, and its arguments. Each item is one argument as it "
            "stands, with the facts that it refers to filled in: nothing is split, expanded or "
            "given to a shell.",
     .example = "[/usr/lib/nagios/plugins/check_http, -H, shop.example.com, -S]",
     .type = CVG_FIELD_LIST,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_exec_check_config, argv),
     .max = 256},
    {.name = "environment",
     .doc = "Variables of the program. It has these, those of `secrets`, "
            "PATH=/usr/local/bin:/usr/bin:/bin and LANG=C.UTF-8, and none of the daemon's.",
     .example = "{PGHOST: db.internal, PGUSER: convergate}",
     .type = CVG_FIELD_MAP,
     .offset = offsetof(struct cvg_exec_check_config, environment),
     .max = 64},
    {.name = "secrets",
     .doc = "Variables whose values are secret. They are read afresh for each run and given to the "
            "program in its environment only; where it prints them, they are masked.",
     .example = "[{name: PGPASSWORD, value: \"credential:pgpassword\"}]",
     .type = CVG_FIELD_LIST,
     .offset = offsetof(struct cvg_exec_check_config, secrets),
     .max = 16,
     .members = secret_fields,
     .member_size = sizeof(struct cvg_exec_secret)},
    {.name = "directory",
     .doc = "Where it is started: an absolute path.",
     .default_text = "/",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_exec_check_config, directory),
     .max = 4096},
    {.name = "stdin",
     .doc = "Text on its standard input, which is empty else.",
     .example = "select 1;",
     .type = CVG_FIELD_STRING,
     .offset = offsetof(struct cvg_exec_check_config, input),
     .max = 65536},
    {.name = "exit_codes",
     .doc = "What its exit codes mean. `script`: 0 ready, 75 progressing, else failed. `nagios`: 0 "
            "ready, 1 degraded, 2 failed, else unknown.",
     .default_text = "script",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_exec_check_config, exit_codes),
     .choices = table_choices},
    {.name = "codes",
     .doc = "Exit codes that mean something else than by `exit_codes`: a code, a range or "
            "`default`, and ready, progressing, degraded, failed or unknown. The narrowest counts; "
            "`default` is all "
            "that has none, but a 0.",
     .example = "{3: progressing, 10-19: degraded, default: unknown}",
     .type = CVG_FIELD_MAP,
     .offset = offsetof(struct cvg_exec_check_config, codes),
     .max = 64},
    {.name = "output",
     .doc = "What it writes. `text`: the first line is the message. `nagios`: a plugin's output, "
            "whose performance data become the facts perf.LABEL. `json`: one object with status, "
            "message, facts, revision and value, each of which may be left out. Where not given, "
            "nagios with these exit codes, else text.",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_exec_check_config, output),
     .choices = output_choices},
    {.name = "memory",
     .doc = "Address space of each of its processes, at most (RLIMIT_AS). 0: no limit, for "
            "programs that reserve much more than they use.",
     .default_text = "1GiB",
     .type = CVG_FIELD_SIZE,
     .offset = offsetof(struct cvg_exec_check_config, memory),
     .max = 1024 * GIB},
    {.name = "output_limit",
     .doc = "Bytes that it may write to its standard output, and as many to its standard error. It "
            "is killed over that.",
     .default_text = "64KiB",
     .type = CVG_FIELD_SIZE,
     .offset = offsetof(struct cvg_exec_check_config, output_limit),
     .min = 1 * KIB,
     .max = 4 * MIB},
    {.name = "file_limit",
     .doc = "Bytes of each file that it writes, at most (RLIMIT_FSIZE).",
     .default_text = "16MiB",
     .type = CVG_FIELD_SIZE,
     .offset = offsetof(struct cvg_exec_check_config, file_limit),
     .min = 1 * KIB,
     .max = 64 * GIB},
    {.name = "max_processes",
     .doc = "Processes that it may have at one time, itself included. All are killed over that.",
     .default_text = "32",
     .type = CVG_FIELD_INT,
     .offset = offsetof(struct cvg_exec_check_config, max_processes),
     .min = 1,
     .max = 4096},
    {0},
};

struct checking {
    cvg_exec_refuse *refuse;
    void *arg;
    int result;
};

static void refuse(struct checking *checking, const char *path, const char *text)
{
    checking->refuse(checking->arg, path, text);
    checking->result = -1;
}

static int refers(const char *text)
{
    return strstr(text, "${") != NULL;
}

static int is_variable(const char *name)
{
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
    return *name != '\0' && strchr(LETTERS, *name) != NULL &&
           strspn(name, LETTERS "0123456789") == strlen(name);
#undef LETTERS
}

static void check_argv(struct checking *checking, const struct cvg_exec_check_config *config)
{
    const char *const *argv = config->argv.items;
    if (refers(argv[0])) {
        refuse(checking, "argv[0]",
               "has to be written out: which program runs is no fact's choice");
    } else if (argv[0][0] != '/') {
        refuse(checking, "argv[0]", "has to be an absolute path: there is no shell and no PATH");
    }
}

static int in_environment(const struct cvg_exec_check_config *config, const char *name)
{
    const struct cvg_pair *pairs = config->environment.items;
    for (size_t i = 0; i < config->environment.count; i++) {
        if (strcmp(pairs[i].name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

static void check_variables(struct checking *checking, const struct cvg_exec_check_config *config)
{
    static const char wrong[] =
        "is no variable's name: letters, digits and '_', and no digit first";
    const struct cvg_pair *pairs = config->environment.items;
    const struct cvg_exec_secret *secrets = config->secrets.items;
    char path[192];
    for (size_t i = 0; i < config->environment.count; i++) {
        if (!is_variable(pairs[i].name)) {
            (void)snprintf(path, sizeof(path), "environment.%s", pairs[i].name);
            refuse(checking, path, wrong);
        }
    }
    for (size_t i = 0; i < config->secrets.count; i++) {
        int twice = in_environment(config, secrets[i].name);
        for (size_t j = 0; j < i; j++) {
            twice |= strcmp(secrets[i].name, secrets[j].name) == 0;
        }
        (void)snprintf(path, sizeof(path), "secrets[%zu].name", i);
        if (!is_variable(secrets[i].name)) {
            refuse(checking, path, wrong);
        } else if (twice) {
            refuse(checking, path, "is given twice");
        }
    }
}

int cvg_exec_check_check(const struct cvg_exec_check_config *config, cvg_exec_refuse *refuse_to,
                         void *arg)
{
    struct checking checking = {.refuse = refuse_to, .arg = arg};
    const struct cvg_pair *codes = config->codes.items;
    check_argv(&checking, config);
    check_variables(&checking, config);
    if (!refers(config->directory) && config->directory[0] != '/') {
        refuse(&checking, "directory", "has to be an absolute path");
    }
    for (size_t i = 0; i < config->codes.count; i++) {
        const char *wrong = cvg_exec_codes_check(&codes[i]);
        if (wrong != NULL) {
            char path[64];
            (void)snprintf(path, sizeof(path), "codes.%s", codes[i].name);
            refuse(&checking, path, wrong);
        }
    }
    return checking.result;
}

uint32_t cvg_exec_output(const struct cvg_exec_check_config *config)
{
    if (config->output != CVG_ABSENT_UINT) {
        return config->output;
    }
    return config->exit_codes == CVG_EXEC_NAGIOS ? CVG_EXEC_OUTPUT_NAGIOS : CVG_EXEC_OUTPUT_TEXT;
}
