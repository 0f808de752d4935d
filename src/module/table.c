/* SPDX-License-Identifier: Apache-2.0 */
/* The table itself; its tables of fields are in field.c. */
#include "module/table.h"

#include "base/text.h"
#include "module/field.h"

#include <stdbool.h>
#include <string.h>

#define NAME_MOST  63
/* The shortest table that makes a module: up to what every one must have. A table that claims to
 * be huge was not written by the SDK. */
#define SIZE_LEAST offsetof(struct cvg_module, run)
#define SIZE_MOST  ((size_t)16 * 1024)

static const uint32_t known_flags = CVG_MODULE_ENDPOINT | CVG_MODULE_ENDPOINT_OPTIONAL |
                                    CVG_MODULE_STREAMING | CVG_MODULE_VIA | CVG_MODULE_DISCOVERS;

void cvg_table_copy(void *ret, size_t size, const void *from)
{
    size_t theirs;
    memcpy(&theirs, from, sizeof theirs);
    memset(ret, 0, size);
    memcpy(ret, from, CVG_MIN(theirs, size));
    memcpy(ret, &size, sizeof size);
}

int cvg_table_is_module_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    size_t length = strspn(name, allowed);
    return length > 0 && length <= NAME_MOST && name[length] == '\0' && name[0] != '-';
}

static bool has_text(const char *text)
{
    return text && *text;
}

static int check_names(const struct cvg_module *module, const char *name, struct cvg_error *reterr)
{
    if (!has_text(module->name) || !cvg_table_is_module_name(module->name)) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "its name must be 1 to %d letters, digits and '-'", NAME_MOST);
    }
    if (!cvg_text_equal(module->name, name)) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "it calls itself '%s', so its file must be %s.so", module->name,
                             module->name);
    }
    if (!has_text(module->version) || !has_text(module->summary)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "it has no version or no summary");
    }
    return 0;
}

static int check_values(const struct cvg_module *module, struct cvg_error *reterr)
{
    uint32_t unknown = module->flags & ~known_flags;
    if (unknown) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "it asks for what this daemon does not have (flags 0x%x)", unknown);
    }
    uint32_t both = CVG_MODULE_ENDPOINT | CVG_MODULE_ENDPOINT_OPTIONAL;
    if ((module->flags & both) == both) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "its endpoint is both required and optional: it can be only one");
    }
    if ((module->flags & CVG_MODULE_DISCOVERS) && !(module->flags & CVG_MODULE_STREAMING)) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "environments can only be discovered by one that streams");
    }
    if (module->plane >= CVG_PLANE_COUNT) {
        return cvg_error_set(reterr, CVG_E_INVALID, "it has the unknown plane %u", module->plane);
    }
    if (module->on_failed > CVG_ON_FAILED_HALT) {
        return cvg_error_set(reterr, CVG_E_INVALID, "it has the unknown on_failed %u",
                             module->on_failed);
    }
    return 0;
}

static int check_callbacks(const struct cvg_module *module, struct cvg_error *reterr)
{
    const char *missing = NULL;
    if (!module->source_create) {
        missing = "source_create";
    } else if (!module->source_destroy) {
        missing = "source_destroy";
    } else if (!module->check_create) {
        missing = "check_create";
    } else if (!module->check_destroy) {
        missing = "check_destroy";
    } else if (!module->run && !(module->flags & CVG_MODULE_STREAMING)) {
        missing = "run, which a polled module needs";
    }
    if (missing) {
        return cvg_error_set(reterr, CVG_E_INVALID, "it lacks the callback %s", missing);
    }
    return 0;
}

static int take_fields(struct cvg_module *module, struct cvg_arena *arena, struct cvg_error *reterr)
{
    int code =
        cvg_field_table_take(module->source_fields, module->field_size, module->source_config_size,
                             arena, &module->source_fields, reterr);
    if (code < 0) {
        return cvg_error_prefix(reterr, "source fields"), code;
    }
    code = cvg_field_table_take(module->check_fields, module->field_size, module->check_config_size,
                                arena, &module->check_fields, reterr);
    if (code < 0) {
        return cvg_error_prefix(reterr, "check fields"), code;
    }
    module->field_size = sizeof(struct cvg_field);
    return 0;
}

int cvg_table_take(const struct cvg_module *from, const char *name, struct cvg_arena *arena,
                   const struct cvg_module **ret, struct cvg_error *reterr)
{
    if (from->size < SIZE_LEAST || from->size > SIZE_MOST) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "its table says to have %zu bytes, which no module has", from->size);
    }
    if (from->abi_major != CVG_ABI_MAJOR) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "it was built for module ABI %u.%u; this daemon has %u.%u",
                             from->abi_major, from->abi_minor, CVG_ABI_MAJOR, CVG_ABI_MINOR);
    }
    struct cvg_module *module = cvg_arena_alloc(arena, sizeof *module);
    cvg_table_copy(module, sizeof *module, from);
    int code = check_names(module, name, reterr);
    if (code == 0) {
        code = check_values(module, reterr);
    }
    if (code == 0) {
        code = check_callbacks(module, reterr);
    }
    if (code == 0) {
        code = take_fields(module, arena, reterr);
    }
    if (code == 0) {
        *ret = module;
    }
    return code;
}
