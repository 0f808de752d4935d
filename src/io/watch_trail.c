/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking a path by hand, link by link, to learn where its changes would show. Blocking, on a worker
 * thread; stateless.
 */
#include "base/macros.h"
#include "base/time.h"
#include "io/watch_inner.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 16

struct walk {
    char done[PATH_MAX]; /* without links, no '/' at its end; "" is the root */
    char rest[PATH_MAX]; /* what is left to walk */
    int links;
    struct cvg_trail *trail;
};

static void add_place(struct walk *walk, const char *name)
{
    struct cvg_trail *trail = walk->trail;
    if (trail->count == CVG_PLACES_MAX) {
        return;
    }
    struct cvg_place *place = &trail->places[trail->count++];
    snprintf(place->folder, sizeof place->folder, "%s", walk->done[0] ? walk->done : "/");
    snprintf(place->name, sizeof place->name, "%s", name);
}

/* The first component of rest, taken off it; false where none is left. */
static bool next_name(struct walk *walk, char *ret, size_t size)
{
    const char *start = walk->rest + strspn(walk->rest, "/");
    size_t length = strcspn(start, "/");
    if (length == 0 || length >= size) {
        return false;
    }
    memcpy(ret, start, length);
    ret[length] = '\0';
    memmove(walk->rest, start + length, strlen(start + length) + 1);
    return true;
}

static void go_up(struct walk *walk)
{
    char *slash = strrchr(walk->done, '/');
    if (slash) {
        *slash = '\0';
    }
}

static bool follow_link(struct walk *walk, const char *link)
{
    char target[PATH_MAX];
    char joined[PATH_MAX];
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length <= 0 || ++walk->links > LINKS_MAX) {
        return false;
    }
    target[length] = '\0';
    if ((size_t)snprintf(joined, sizeof joined, "%s%s", target, walk->rest) >= sizeof joined) {
        return false;
    }
    memcpy(walk->rest, joined, strlen(joined) + 1);
    if (target[0] == '/') {
        walk->done[0] = '\0';
    }
    return true;
}

/* Goes one component further; false at the end. */
static bool step(struct walk *walk)
{
    char name[NAME_MAX + 1];
    char here[PATH_MAX];
    struct stat info;
    if (!next_name(walk, name, sizeof name)) {
        return false;
    }
    if (strcmp(name, ".") == 0) {
        return true;
    }
    if (strcmp(name, "..") == 0) {
        go_up(walk);
        return true;
    }
    if ((size_t)snprintf(here, sizeof here, "%s/%s", walk->done, name) >= sizeof here) {
        return false;
    }
    bool last = walk->rest[strspn(walk->rest, "/")] == '\0';
    bool there = lstat(here, &info) == 0;
    bool link = there && S_ISLNK(info.st_mode);
    if (last || !there || link) {
        add_place(walk, name);
    }
    if (link) {
        return follow_link(walk, here);
    }
    memcpy(walk->done, here, strlen(here) + 1);
    return there && S_ISDIR(info.st_mode);
}

void cvg_trail_follow(const char *path, struct cvg_trail *ret)
{
    struct walk walk = {.trail = ret};
    struct stat info;
    ret->count = 0;
    ret->print = (struct cvg_print){0};
    snprintf(walk.rest, sizeof walk.rest, "%s", path);
    while (step(&walk)) {
    }
    if (stat(path, &info) == 0) {
        ret->print = (struct cvg_print){
            .exists = true,
            .device = info.st_dev,
            .inode = info.st_ino,
            .size = (uint64_t)info.st_size,
            .mtime_ns = info.st_mtim.tv_sec * CVG_SECOND + info.st_mtim.tv_nsec,
            .ctime_ns = info.st_ctim.tv_sec * CVG_SECOND + info.st_ctim.tv_nsec,
        };
    }
}
