/* SPDX-License-Identifier: Apache-2.0 */
/* Notes, folders of locks and fcntl locks; see signs.h. */
#include "place/signs.h"

#include "kit/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND   INT64_C(1000000000)
/* Entries of a folder of locks; one is enough to know. */
#define SCAN_MAX 1000

char *cvg_place_signs_note_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    int folder = (int)(name - path);
    size_t size = strlen(path) + sizeof("..lock.info");
    char *note = cvg_kit_alloc(size);
    (void)snprintf(note, size, "%.*s.%s.lock.info", folder, path, name[0] == '.' ? name + 1 : name);
    return note;
}

/* ---- notes ---- */

static void read_text(int fd, struct cvg_place_note *note)
{
    while (note->length < sizeof(note->text) - 1) {
        ssize_t got = read(fd, note->text + note->length, sizeof(note->text) - 1 - note->length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            break;
        }
        note->length += (size_t)got;
    }
    note->text[note->length] = '\0';
}

/* A note of another user may not be read (Terraform makes them 0600), but it is there. */
static void read_note(int folder, const char *name, struct cvg_place_note *note)
{
    struct stat info;
    *note = (struct cvg_place_note){0};
    if (fstatat(folder, name, &info, 0) != 0) {
        return;
    }
    note->there = 1;
    note->inode = info.st_ino;
    note->mtime_ns = info.st_mtim.tv_sec * SECOND + info.st_mtim.tv_nsec;
    note->size = (uint64_t)info.st_size;
    int fd = S_ISREG(info.st_mode)
                 ? openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
                 : -1;
    if (fd >= 0) {
        if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
            read_text(fd, note);
        }
        (void)close(fd);
    }
}

static int is_same(const struct cvg_place_note *a, const struct cvg_place_note *b)
{
    return a->inode == b->inode && a->mtime_ns == b->mtime_ns && a->size == b->size &&
           a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* The note of the first by name, so that several look the same each time. */
static int read_folder(const char *path, struct cvg_place_note *note)
{
    char first[NAME_MAX + 1] = "";
    const struct dirent *entry = NULL;
    *note = (struct cvg_place_note){0};
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return errno == ENOENT ? 0 : -1;
    }
    for (int i = 0; i < SCAN_MAX; i++) {
        entry = readdir(folder); // NOLINT(concurrency-mt-unsafe): own DIR
        if (entry == NULL) {
            break;
        }
        const char *name = entry->d_name;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
            (first[0] == '\0' || strcmp(name, first) < 0)) {
            (void)snprintf(first, sizeof(first), "%s", name);
        }
    }
    if (first[0] != '\0') {
        read_note(dirfd(folder), first, note);
        note->there = 1; /* gone meanwhile: it was */
    }
    (void)closedir(folder);
    return 0;
}

static void look(struct cvg_place_signs *signs, struct cvg_place_note *note)
{
    *note = (struct cvg_place_note){0};
    if (signs->path == NULL) {
        signs->unseen |= signs->style != CVG_PLACE_TERRAFORM;
    } else if (signs->style == CVG_PLACE_TERRAFORM) {
        read_note(AT_FDCWD, signs->path, note);
    } else if (signs->style == CVG_PLACE_PULUMI) {
        signs->unseen |= read_folder(signs->path, note) < 0;
        signs->held |= note->there;
    } else {
        signs->unseen = 1;
    }
}

/* ---- the signs ---- */

void cvg_place_signs_begin(struct cvg_place_signs *signs, uint32_t style, const char *path)
{
    *signs = (struct cvg_place_signs){.style = style, .path = path};
    look(signs, &signs->before);
}

void cvg_place_signs_ask(struct cvg_place_signs *signs, int fd)
{
    /* As for writing, so that any holder is in its way. */
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (signs->style != CVG_PLACE_TERRAFORM) {
        return;
    }
    if (fcntl(fd, F_GETLK, &lock) != 0) {
        signs->unseen = 1;
    } else if (lock.l_type != F_UNLCK) {
        signs->held = 1;
    }
}

static uint32_t decide(const struct cvg_place_signs *signs)
{
    if (signs->held) {
        return CVG_PLACE_LOCK_HELD;
    }
    int left = signs->before.there && signs->after.there && is_same(&signs->before, &signs->after);
    int noted = signs->before.there || signs->after.there;
    if (signs->unseen) {
        /* Where the holder cannot be asked for, its note is the only sign. */
        return noted ? CVG_PLACE_LOCK_HELD : CVG_PLACE_LOCK_UNSEEN;
    }
    /* One that came or went meanwhile had a holder. */
    return left ? CVG_PLACE_LOCK_STALE : noted ? CVG_PLACE_LOCK_HELD : CVG_PLACE_LOCK_FREE;
}

void cvg_place_signs_end(struct cvg_place_signs *signs, struct cvg_place_sight *sight)
{
    look(signs, &signs->after);
    sight->lock = decide(signs);
    const struct cvg_place_note *note = signs->after.there ? &signs->after : &signs->before;
    memcpy(sight->lock_note, note->text, sizeof(sight->lock_note));
    sight->lock_note_length = note->length;
}
