/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in the daemon's own notes (record/note.h): small JSON documents with a version. A
 * note that cannot be read, of whatever kind, is as good as none: CVG_E_INVALID, and whoever reads
 * begins anew. 64-bit numbers are texts, since a number of JSON does not hold them.
 *
 * Times of CLOCK_BOOTTIME are written with the boot they belong to (boot_id of the kernel). Read
 * in the same boot they are exact, whatever happened to the wall clock. In another one they come
 * over by the wall time that passed since they were written; where that cannot be (less than this
 * boot runs: the clock was set back), or the boot is not known, they are taken to be long ago.
 * Distances between the times of one note stay what they were.
 *
 * `about` says what the note was true of, such as a digest of a check's keys: read for something
 * else, it is CVG_E_REFUSED.
 */
#ifndef CVG_WIRE_NOTE_H
#define CVG_WIRE_NOTE_H

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/steady_saved.h"

#include <convergate/field.h>

/* "Long ago" is this long before now. */
#define CVG_NOTE_LONG_AGO (INT64_C(10) * 365 * 24 * 3600 * 1000000000)

/* Who writes or reads, and when. */
struct cvg_note_clock {
    char boot[40]; /* the kernel's boot_id; "": not known, and then no two are the same */
    int64_t now;   /* CLOCK_BOOTTIME */
    int64_t wall;
};

/* 0, or -1 over the buffer's limit. */
int cvg_note_steady_write(const struct cvg_steady_saved *saved, const char *about,
                          const struct cvg_note_clock *clock, struct cvg_buf *ret);
/* Whether the state can have been is for cvg_steady_restore to say. */
CVG_NODISCARD int cvg_note_steady_read(const void *bytes, size_t length, const char *about,
                                       const struct cvg_note_clock *clock,
                                       struct cvg_steady_saved *ret, struct cvg_error *reterr);

/* A breaker that is not closed (a closed one has no note). */
struct cvg_note_breaker {
    uint32_t failures;
    int64_t pause_ns, opened_at, trial_at, last_trial_at;
};

int cvg_note_breaker_write(const struct cvg_note_breaker *breaker, const char *about,
                           const struct cvg_note_clock *clock, struct cvg_buf *ret);
/* Bounded by nothing but int64_t: who takes it over knows what a breaker can be. */
CVG_NODISCARD int cvg_note_breaker_read(const void *bytes, size_t length, const char *about,
                                        const struct cvg_note_clock *clock,
                                        struct cvg_note_breaker *ret, struct cvg_error *reterr);

/* At most so many gates are told of. */
#define CVG_NOTE_GATES 4096

/* What was published last of an environment. */
struct cvg_note_published {
    uint64_t sequence;
    const char *phase;
    int64_t at; /* wall: when it was so last */

    struct {
        const char *name, *verdict;
    } * gates;

    size_t gate_count;
};

int cvg_note_published_write(const struct cvg_note_published *published, struct cvg_buf *ret);
/* Texts and gates are in the arena. */
CVG_NODISCARD int cvg_note_published_read(const void *bytes, size_t length, struct cvg_arena *arena,
                                          struct cvg_note_published *ret, struct cvg_error *reterr);

/* An object that an environment is made of. */
struct cvg_note_found {
    const char *discover;
    const char *namespace_name, *name;
    uint64_t rank;
    const struct cvg_pair *labels, *annotations;
    size_t label_count, annotation_count;
};

/* At most so many labels and as many annotations, each of at most so many bytes. */
#define CVG_NOTE_PAIRS 64
#define CVG_NOTE_VALUE 4096

int cvg_note_found_write(const struct cvg_note_found *found, struct cvg_buf *ret);
/* Texts are in the arena. */
CVG_NODISCARD int cvg_note_found_read(const void *bytes, size_t length, struct cvg_arena *arena,
                                      struct cvg_note_found *ret, struct cvg_error *reterr);

#endif
