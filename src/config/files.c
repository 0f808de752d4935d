/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and merging a configuration's files. Blocking. */
#include "config/files.h"

#include "base/error.h"
#include "base/map.h"
#include "base/text.h"
#include "crypto/hex.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MOST 10000

struct paths {
    char **items; /* owned */
    size_t count, capacity;
};

static void paths_done(struct paths *paths)
{
    for (size_t i = 0; i < paths->count; i++) {
        free(paths->items[i]);
    }
    free(paths->items);
}

static void close_file(const int *file)
{
    if (*file >= 0) {
        close(*file);
    }
}

/* Of one file's bytes. */
struct digest {
    unsigned char bytes[CVG_SHA256_SIZE];
    bool known;
};

static const char *digest_all(const struct digest *files, size_t count, struct cvg_arena *arena)
{
    char *text = cvg_arena_alloc(arena, CVG_SHA256_HEX);
    unsigned char *all CVG_CLEANUP(cvg_free_pointer) = cvg_alloc_array(count, CVG_SHA256_SIZE);

    for (size_t i = 0; i < count; i++) {
        if (!files[i].known) {
            return "";
        }
        memcpy(all + i * CVG_SHA256_SIZE, files[i].bytes, CVG_SHA256_SIZE);
    }
    cvg_sha256_hex(all, count * CVG_SHA256_SIZE, text);
    return text;
}

const char *cvg_files_digest(const char *bytes, size_t length, struct cvg_arena *arena)
{
    struct digest digest = {.known = true};

    cvg_sha256(bytes, length, digest.bytes);
    return digest_all(&digest, 1, arena);
}

static int read_all(int file, char *bytes, size_t size, size_t *ret_length)
{
    size_t length = 0;
    while (length < size) {
        ssize_t got = read(file, bytes + length, size - length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -errno;
        }
        if (got == 0) {
            break;
        }
        length += (size_t)got;
    }
    *ret_length = length;
    return 0;
}

/* digest: set where the file could be read, whatever is in it. */
static int read_tree(const char *path, struct cvg_arena *arena, struct cvg_diagnostics *diagnostics,
                     const struct cvg_node **ret, struct digest *digest)
{
    /* Not blocking, so that a FIFO of that name cannot hold up the start. */
    int file CVG_CLEANUP(close_file) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) {
        struct cvg_error error;
        cvg_error_set_errno(&error, errno, "cannot be read");
        cvg_diagnostics_at(diagnostics, path, 0, 0, "%s", error.text);
        return CVG_E_IO;
    }
    if (!S_ISREG(status.st_mode)) {
        cvg_diagnostics_at(diagnostics, path, 0, 0, "not a regular file");
        return CVG_E_INVALID;
    }
    if (status.st_size > (off_t)CVG_TREE_FILE_LIMIT) {
        cvg_diagnostics_at(diagnostics, path, 0, 0, "the file is larger than 64 MiB");
        return CVG_E_TOO_LARGE;
    }
    /* One more than it says: a file that grows meanwhile is read up to there and no further. */
    size_t size = (size_t)status.st_size + 1, length = 0;
    char *bytes CVG_CLEANUP(cvg_free_pointer) = cvg_alloc(size);
    int code = read_all(file, bytes, size, &length);
    if (code < 0) {
        struct cvg_error error;
        cvg_error_set_errno(&error, -code, "cannot be read");
        cvg_diagnostics_at(diagnostics, path, 0, 0, "%s", error.text);
        return CVG_E_IO;
    }
    cvg_sha256(bytes, length, digest->bytes);
    digest->known = true;
    return cvg_tree_parse(path, bytes, length, arena, diagnostics, ret);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void consider(const char *folder, const char *name, struct cvg_diagnostics *diagnostics,
                     struct paths *paths)
{
    struct stat status;
    char *path CVG_CLEANUP(cvg_free_pointer) = cvg_format("%s/%s", folder, name);
    if (name[0] == '.' || (stat(path, &status) == 0 && S_ISDIR(status.st_mode))) {
        return;
    }
    if (cvg_text_ends(name, ".yml")) {
        struct cvg_node place = {.file = path};
        cvg_diagnostics_warning(diagnostics, &place, "is not read: its name must end in .yaml");
    }
    if (cvg_text_ends(name, ".yaml")) {
        CVG_GROW(paths->items, paths->count, paths->capacity);
        paths->items[paths->count++] = cvg_strdup(path);
    }
}

/* conf.d beside the file; that there is none is no problem. */
static int list_folder(const char *file, struct cvg_diagnostics *diagnostics, struct paths *paths)
{
    const char *slash = strrchr(file, '/');
    int length = slash ? (int)(slash - file) + 1 : 0;
    char *folder CVG_CLEANUP(cvg_free_pointer) = cvg_format("%.*sconf.d", length, file);
    DIR *directory = opendir(folder);
    if (!directory) {
        if (errno == ENOENT) {
            return 0;
        }
        struct cvg_error error;
        cvg_error_set_errno(&error, errno, "cannot be read");
        cvg_diagnostics_at(diagnostics, folder, 0, 0, "%s", error.text);
        return CVG_E_IO;
    }
    for (struct dirent *entry;
         paths->count <= FILES_MOST &&
         (entry = readdir(directory));) { /* NOLINT(concurrency-mt-unsafe): own DIR */
        consider(folder, entry->d_name, diagnostics, paths);
    }
    closedir(directory);
    if (paths->count > FILES_MOST) {
        cvg_diagnostics_at(diagnostics, folder, 0, 0, "has more than %d files", FILES_MOST);
        return CVG_E_TOO_LARGE;
    }
    if (paths->count) {
        qsort(paths->items, paths->count, sizeof *paths->items, compare_paths);
    }
    return 0;
}

int cvg_files_read(const char *file, struct cvg_arena *arena, struct cvg_diagnostics *diagnostics,
                   const struct cvg_node *const **ret, size_t *ret_count, const char **ret_digest)
{
    struct paths paths CVG_CLEANUP(paths_done) = {0};
    int result = list_folder(file, diagnostics, &paths);
    const struct cvg_node **roots = cvg_arena_alloc(arena, (paths.count + 1) * sizeof *roots);
    struct digest *digests CVG_CLEANUP(cvg_free_pointer) =
        cvg_alloc_array(paths.count + 1, sizeof(*digests));
    bool broken = false;
    for (size_t i = 0; i <= paths.count; i++) {
        const char *path = i == 0 ? file : paths.items[i - 1];
        int code = read_tree(path, arena, diagnostics, &roots[i], &digests[i]);
        result = code < 0 ? code : result;
        broken = broken || !roots[i];
    }
    *ret_digest = digest_all(digests, paths.count + 1, arena);
    *ret = roots;
    *ret_count = broken ? 0 : paths.count + 1;
    return result;
}

/* ---- merging ---- */

/* A map in the making; nodes are in the arena, the arrays here until it is done. */
struct merged {
    const struct cvg_node **keys, **items; /* owned */
    size_t count, keys_capacity, items_capacity;
    struct cvg_map *names; /* owned; to the first key node */
};

static void merged_done(struct merged *merged)
{
    free(merged->keys);
    free(merged->items);
    cvg_map_free(merged->names);
}

static void add(struct merged *merged, const struct cvg_node *key, const struct cvg_node *item)
{
    size_t count = merged->count++;
    CVG_GROW(merged->keys, count, merged->keys_capacity);
    CVG_GROW(merged->items, count, merged->items_capacity);
    merged->keys[count] = key;
    merged->items[count] = item;
}

static const struct cvg_node *finish(const struct merged *merged, const struct cvg_node *place,
                                     struct cvg_arena *arena)
{
    struct cvg_node *node = cvg_arena_alloc(arena, sizeof *node);
    size_t size = CVG_MAX(merged->count, 1) * sizeof(struct cvg_node *);
    const struct cvg_node **keys = cvg_arena_alloc(arena, size);
    const struct cvg_node **items = cvg_arena_alloc(arena, size);
    if (merged->count) {
        memcpy(keys, merged->keys, merged->count * sizeof *keys);
        memcpy(items, merged->items, merged->count * sizeof *items);
    }
    *node = (struct cvg_node){.kind = CVG_NODE_MAP,
                              .file = place->file,
                              .line = place->line,
                              .column = place->column,
                              .items = items,
                              .keys = keys,
                              .count = merged->count};
    return node;
}

static bool merges(const struct cvg_node *key)
{
    return strcmp(key->text, "sources") == 0 || strcmp(key->text, "templates") == 0 ||
           strcmp(key->text, "environments") == 0 || strcmp(key->text, "discover") == 0;
}

/* Adds a map's entries; a name that another file has already is reported with both places. */
static void add_all(struct merged *merged, const struct cvg_node *map, const char *what,
                    struct cvg_diagnostics *diagnostics)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct cvg_node *key = map->keys[i];
        /* The map's values are places in the arrays, from 1. */
        uintptr_t first = (uintptr_t)cvg_map_get(merged->names, key->text);
        const struct cvg_node *other = first ? merged->keys[first - 1] : NULL;
        /* Twice in one file was reported where it was read. */
        if (other && other->file != key->file) {
            cvg_diagnostics_error(diagnostics, key, "%s '%s' is already in %s:%u:%u", what,
                                  key->text, other->file, other->line, other->column);
        }
        if (!other) {
            add(merged, key, map->items[i]);
            cvg_map_put(merged->names, key->text, (void *)(uintptr_t)merged->count);
        }
    }
}

/* One of the maps that are merged by name, over all files. NULL where no file has it. */
static const struct cvg_node *merge_named(const struct cvg_node *const *roots, size_t count,
                                          const char *name, struct cvg_arena *arena,
                                          struct cvg_diagnostics *diagnostics)
{
    struct merged merged CVG_CLEANUP(merged_done) = {.names = cvg_map_new()};
    const struct cvg_node *first = NULL;
    char what[16] = {0};
    memcpy(what, name, strlen(name) - 1);
    for (size_t i = 0; i < count; i++) {
        const struct cvg_node *map = cvg_node_get(roots[i], name);
        if (!map || map->kind == CVG_NODE_NULL) {
            continue;
        }
        if (map->kind != CVG_NODE_MAP) {
            cvg_diagnostics_error(diagnostics, map, "'%s' must be a map of names", name);
            continue;
        }
        first = first ? first : map;
        add_all(&merged, map, what, diagnostics);
    }
    return first ? finish(&merged, first, arena) : NULL;
}

const struct cvg_node *cvg_files_merge(const struct cvg_node *const *roots, size_t count,
                                       struct cvg_arena *arena, struct cvg_diagnostics *diagnostics)
{
    static const char *const named[] = {"sources", "templates", "environments", "discover"};
    struct merged merged CVG_CLEANUP(merged_done) = {.names = cvg_map_new()};
    for (size_t i = 0; i < CVG_COUNT(named); i++) {
        const struct cvg_node *map = merge_named(roots, count, named[i], arena, diagnostics);
        if (map) {
            struct cvg_node *key = cvg_arena_alloc(arena, sizeof *key);
            *key = *map;
            key->kind = CVG_NODE_SCALAR;
            key->text = named[i];
            key->length = strlen(named[i]);
            add(&merged, key, map);
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct cvg_node *root = roots[i];
        struct merged rest CVG_CLEANUP(merged_done) = {0};
        if (root->kind != CVG_NODE_MAP && root->kind != CVG_NODE_NULL) {
            cvg_diagnostics_error(diagnostics, root,
                                  "a configuration must be a map of keys, such as 'sources:'");
        }
        for (size_t j = 0; j < root->count && root->kind == CVG_NODE_MAP; j++) {
            if (!merges(root->keys[j])) {
                add(&rest, root->keys[j], root->items[j]);
            }
        }
        add_all(&merged, finish(&rest, root, arena), "key", diagnostics);
    }
    struct cvg_node place = {.file = count ? roots[0]->file : NULL};
    return finish(&merged, &place, arena);
}
