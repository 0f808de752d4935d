/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What discoveries found, folded over time: which objects environments are made of now. Pure: the
 * time is an argument, and only the times at which a source was certain count.
 *
 *   found in a set           it is there, its labels are those of that set
 *   not in a set any more    gone since then; it stays for the grace
 *   certain after the grace  it goes, if no set since then had it
 *   nothing is certain       nothing comes and nothing goes
 *
 * So a source that cannot be read neither adds nor removes anything, and the grace ends only when it
 * was read after it. What was brought back from before a restart is there until a set lacks it.
 *
 * At most `most` objects of a discovery are there, those in their grace included; whoever was there
 * first stays. As many wait for a place, in the order of their names: more cannot get one before the
 * next set comes. What is there has a rank for good, by which of two objects with one name the first
 * stays the one.
 */
#ifndef CVG_DECIDE_DISCOVERY_H
#define CVG_DECIDE_DISCOVERY_H

#include "config/config.h"

struct cvg_discovery;

/* Something that a discovery has, for the notes: by key "DISCOVERY NAMESPACE/NAME". object NULL: it is
 * gone, or is to be forgotten. */
typedef void cvg_discovery_note(void *ctx, const char *key, const char *discover,
                                const struct cvg_found_object *object, uint64_t rank);

/* note may be NULL. */
struct cvg_discovery *cvg_discovery_new(cvg_discovery_note *note, void *ctx);
void cvg_discovery_free(struct cvg_discovery *discovery); /* takes NULL */

/* The discoveries that there are from now on, with their grace and number; what others had is
 * dropped. What was left out for a reason may be tried again. */
void cvg_discovery_configure(struct cvg_discovery *discovery, const struct cvg_config *config);
/* Before anything is found: an object from before a restart, of a discovery that there is. */
void cvg_discovery_restore(struct cvg_discovery *discovery, const char *discover,
                           const struct cvg_found_object *from, uint64_t rank);
/* All that it finds, as of found->observed_at_ns, or of now where that is not told. */
void cvg_discovery_found(struct cvg_discovery *discovery, const char *discover,
                         const struct cvg_found *found, int64_t now);
/* What it found last is certain as of `at` (why NULL), or cannot be told because of why. */
void cvg_discovery_surveyed(struct cvg_discovery *discovery, const char *discover, int64_t at,
                            const char *why);

/* Rises whenever what is there is not what it was. */
uint64_t cvg_discovery_edition(const struct cvg_discovery *discovery);
/* What is there, by rank; copied into the arena. */
size_t cvg_discovery_list(const struct cvg_discovery *discovery, struct cvg_arena *arena,
                          struct cvg_discovered **ret);
/* What became of one of the list; said in the log where it is another word than the last time. */
void cvg_discovery_outcome(struct cvg_discovery *discovery, const struct cvg_discovered *one,
                           const struct cvg_discover_outcome *outcome);
/* It is left out from now on, until it or the configuration changes. */
void cvg_discovery_leave_out(struct cvg_discovery *discovery, const struct cvg_discovered *one,
                             const char *why);

struct cvg_discovery_stats {
    bool certain;        /* its source can tell */
    size_t environments; /* that it made */
    size_t left_out;     /* objects that make none, those that wait for a place included */
};

struct cvg_discovery_stats cvg_discovery_stats(const struct cvg_discovery *discovery,
                                               const char *discover);

#endif
