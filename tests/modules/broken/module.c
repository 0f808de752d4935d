/* SPDX-License-Identifier: Apache-2.0 */
/* Modules that cannot be loaded; BROKEN says in which way. */
#include <convergate/module.h>

#define NO_SYMBOL 1
#define NO_TABLE  2
#define MISNAMED  3
#define MAJOR_TWO 4
#define UNDEFINED 5
#define NO_RUN    6

#if BROKEN == NO_SYMBOL
extern const int cvg_nothing;
CVG_MODULE_EXPORT const int cvg_nothing = 1;
#else

static int32_t source_create(const struct cvg_host *host, struct cvg_source *source,
                             const void *config, void **ret_state)
{
    (void)host;
    (void)source;
    (void)config;
    (void)ret_state;
    return 0;
}

static void destroy(void *state)
{
    (void)state;
}

static int32_t check_create(void *source_state, struct cvg_check *check, const void *config,
                            void **ret_state)
{
    (void)source_state;
    (void)check;
    (void)config;
    (void)ret_state;
    return 0;
}

#if BROKEN == UNDEFINED
void cvg_function_that_is_nowhere(void);
#endif

static void run(void *state, struct cvg_run *handle, const struct cvg_run_inputs *inputs)
{
    (void)state;
    (void)handle;
    (void)inputs;
#if BROKEN == UNDEFINED
    cvg_function_that_is_nowhere();
#endif
}

static const struct cvg_module module = {
    .size = sizeof module,
    .abi_major = BROKEN == MAJOR_TWO ? 2 : CVG_ABI_MAJOR,
    .name = BROKEN == MISNAMED ? "someone-else" : BROKEN_NAME,
    .version = "1.0",
    .summary = "Cannot be loaded, for tests.",
    .source_create = source_create,
    .source_destroy = destroy,
    .check_create = check_create,
    .check_destroy = destroy,
    .run = BROKEN == NO_RUN ? (void (*)(void *, struct cvg_run *, const struct cvg_run_inputs *))0
                            : run,
};

const struct cvg_module *cvg_module_v1(void)
{
    return BROKEN == NO_TABLE ? (const struct cvg_module *)0 : &module;
}
#endif
