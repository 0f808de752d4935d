/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was loaded is kept for good. What was refused is tried again the next time it is asked for,
 * so that an operator can mend a file's mode and reload.
 */
#include "module/registry.h"

#include "base/alloc.h"
#include "base/map.h"
#include "base/text.h"
#include "module/library.h"
#include "module/table.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".so"

struct entry {
    const struct cvg_module *module; /* in the arena; NULL: refused */
    struct cvg_arena *arena;         /* owned; NULL: refused */
    struct cvg_kind kind;
    struct cvg_error error; /* why it was refused */
};

struct cvg_registry {
    char *directory;
    struct cvg_map *entries; /* struct entry by the module's name, owned */
    const struct cvg_kind **all;
    struct cvg_memory *memory;
};

int cvg_registry_open(const char *directory, struct cvg_registry **ret, struct cvg_error *reterr)
{
    int code = cvg_library_check_directory(directory, reterr);
    if (code < 0) {
        return cvg_error_prefix(reterr, "modules"), code;
    }
    char *resolved = realpath(directory, NULL);
    if (!resolved) {
        return cvg_error_set_errno(reterr, errno, "modules: %s", directory);
    }
    struct cvg_registry *registry = CVG_NEW(struct cvg_registry);
    registry->directory = resolved;
    registry->entries = cvg_map_new();
    registry->memory = cvg_memory_new();
    *ret = registry;
    return 0;
}

void cvg_registry_free(struct cvg_registry *registry)
{
    if (!registry) {
        return;
    }
    const char *name;
    void *value;
    for (size_t at = 0; cvg_map_next(registry->entries, &at, &name, &value);) {
        struct entry *entry = value;
        cvg_arena_free(entry->arena);
        free(entry);
    }
    cvg_map_free(registry->entries);
    cvg_memory_free(registry->memory);
    free(registry->all);
    free(registry->directory);
    free(registry);
}

struct cvg_memory *cvg_registry_memory(struct cvg_registry *registry)
{
    return registry->memory;
}

static struct cvg_kind kind_of(const struct cvg_module *module)
{
    return (struct cvg_kind){
        .name = module->name,
        .version = module->version,
        .summary = module->summary,
        .flags = module->flags,
        .plane = module->plane,
        .on_failed = module->on_failed,
        .source_fields = module->source_fields,
        .source_size = module->source_config_size,
        .check_fields = module->check_fields,
        .check_size = module->check_config_size,
    };
}

/* Loads and looks over; on success the entry owns what was made. */
static int fill(struct entry *entry, const struct cvg_module *foreign, const char *name,
                struct cvg_error *reterr)
{
    struct cvg_arena *arena = cvg_arena_new();
    int code = cvg_table_take(foreign, name, arena, &entry->module, reterr);
    if (code < 0) {
        cvg_arena_free(arena);
        return code;
    }
    entry->arena = arena;
    entry->kind = kind_of(entry->module);
    return 0;
}

static struct entry *entry_of(struct cvg_registry *registry, const char *name)
{
    struct entry *entry = cvg_map_get(registry->entries, name);
    if (!entry) {
        entry = CVG_NEW(struct entry);
        cvg_map_put(registry->entries, name, entry);
    }
    return entry;
}

/* *ret is set where the name has a file, and says why it was refused. Names without a file get no
 * entry, so that asking for made-up ones does not grow the map. */
static int load(struct cvg_registry *registry, const char *name, struct entry **ret,
                struct cvg_error *reterr)
{
    *ret = cvg_map_get(registry->entries, name);
    if (*ret && (*ret)->module) {
        return 0;
    }
    *ret = NULL;
    if (!cvg_table_is_module_name(name)) {
        return cvg_error_set(reterr, CVG_E_NOT_FOUND, "a module's name is letters, digits and '-'");
    }
    struct cvg_error error = {0};
    const struct cvg_module *foreign = NULL;
    int code = cvg_library_open(registry->directory, name, &foreign, &error);
    if (code == CVG_E_NOT_FOUND) {
        return cvg_error_set(reterr, code, "there is no module '%s' in %s", name,
                             registry->directory);
    }
    *ret = entry_of(registry, name);
    if (code == 0) {
        code = fill(*ret, foreign, name, &error);
    }
    if (code < 0) {
        cvg_error_prefix(&error, "module '%s' is refused", name);
        (*ret)->error = error;
        if (reterr) {
            *reterr = error;
        }
    }
    return code;
}

const struct cvg_module *cvg_registry_get(struct cvg_registry *registry, const char *name,
                                          struct cvg_error *reterr)
{
    struct entry *entry;
    return load(registry, name, &entry, reterr) == 0 ? entry->module : NULL;
}

static const struct cvg_kind *find(void *ctx, const char *name, const char **ret_why)
{
    struct entry *entry;
    if (load(ctx, name, &entry, NULL) == 0) {
        return &entry->kind;
    }
    *ret_why = entry ? entry->error.text : NULL;
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    const struct cvg_kind *const *left = a;
    const struct cvg_kind *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

/* NULL where the directory entry is no module that can be used. */
static const struct cvg_kind *kind_in(struct cvg_registry *registry, const char *file)
{
    size_t length = strlen(file), suffix = strlen(SUFFIX);
    if (length <= suffix || !cvg_text_ends(file, SUFFIX)) {
        return NULL;
    }
    CVG_CLEANUP(cvg_free_pointer) char *name = cvg_strndup(file, length - suffix);
    const char *why = NULL;
    return find(registry, name, &why);
}

static const struct cvg_kind *const *all(void *ctx)
{
    struct cvg_registry *registry = ctx;
    size_t count = 0, capacity = 0;
    const struct cvg_kind **kinds = NULL;
    DIR *directory = opendir(registry->directory);
    const struct dirent *file;
    while (directory && (file = readdir(directory))) { /* NOLINT(concurrency-mt-unsafe): own DIR */
        const struct cvg_kind *kind = kind_in(registry, file->d_name);
        if (kind) {
            CVG_GROW(kinds, count, capacity);
            kinds[count++] = kind;
        }
    }
    if (directory) {
        closedir(directory);
    }
    if (count > 1) {
        qsort(kinds, count, sizeof *kinds, by_name);
    }
    CVG_GROW(kinds, count, capacity);
    kinds[count] = NULL;
    free(registry->all);
    registry->all = kinds;
    return kinds;
}

struct cvg_kinds cvg_registry_kinds(struct cvg_registry *registry)
{
    return (struct cvg_kinds){.find = find, .all = all, .ctx = registry};
}

int cvg_registry_default(char *ret, size_t size)
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0) {
        program[length] = '\0';
        char *name = strrchr(program, '/');
        struct stat info;
        if (name) {
            *name = '\0';
            int written = snprintf(ret, size, "%s/../lib/convergate/probes", program);
            if (written > 0 && (size_t)written < size && stat(ret, &info) == 0) {
                return 0;
            }
        }
    }
    int written = snprintf(ret, size, "%s", CVG_PROBEDIR);
    return written > 0 && (size_t)written < size ? 0 : -1;
}
