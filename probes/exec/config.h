/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators write about sources and checks of this module. Constant while its source or check
 * lives; any thread.
 */
#ifndef CVG_EXEC_CONFIG_H
#define CVG_EXEC_CONFIG_H

#include <convergate/field.h>

enum cvg_exec_output {
    CVG_EXEC_OUTPUT_TEXT = 0,
    CVG_EXEC_OUTPUT_NAGIOS,
    CVG_EXEC_OUTPUT_JSON
};

struct cvg_exec_source_config {
    int64_t concurrency;
};

/* A variable whose value is a secret. */
struct cvg_exec_secret {
    const char *name;
    const struct cvg_secret *value;
};

struct cvg_exec_check_config {
    struct cvg_list argv;        /* const char * */
    struct cvg_list environment; /* struct cvg_pair */
    struct cvg_list secrets;     /* struct cvg_exec_secret */
    const char *directory;
    const char *input;     /* NULL: empty */
    uint32_t exit_codes;   /* enum cvg_exec_table */
    struct cvg_list codes; /* struct cvg_pair */
    uint32_t output;       /* enum cvg_exec_output; absent: by exit_codes */
    int64_t memory, output_limit, file_limit, max_processes;
};

extern const struct cvg_field cvg_exec_source_fields[];
extern const struct cvg_field cvg_exec_check_fields[];

/* path: of the key. */
typedef void cvg_exec_refuse(void *arg, const char *path, const char *text);

/* What is wrong with the keys: 0 or -1. Words that refer to facts (`${...}`) are looked at only once
 * they are filled in; the program may not be such a word. Pure; offline. */
int cvg_exec_check_check(const struct cvg_exec_check_config *config, cvg_exec_refuse *refuse,
                         void *arg);
/* enum cvg_exec_output. */
uint32_t cvg_exec_output(const struct cvg_exec_check_config *config);

#endif
