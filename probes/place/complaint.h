/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services that say in one word why they refuse (NoSuchBucket, AuthenticationFailed): what each word
 * means and what to do. Of what the service wrote only that word is shown, since the rest may repeat
 * what it was asked with. Pure.
 */
#ifndef CVG_PLACE_COMPLAINT_H
#define CVG_PLACE_COMPLAINT_H

#include "place/errand.h"

/* A table ends at code == NULL. */
struct cvg_place_complaint {
    const char *code;
    uint32_t fault;
    const char *reason, *hint;
};

/* Letters, digits and '-' alone; another text leaves ret as it is. */
void cvg_place_complaint_word(char *ret, size_t size, const char *text, size_t length);
/* The sight's fault, of an answer that is no document. what: "the lock". code: the service's word, ""
 * where it has none. detail: added to what is known of the word, "": nothing. */
void cvg_place_complain(struct cvg_place_sight *sight, const struct cvg_place_answer *answer,
                        const char *what, const struct cvg_place_complaint *table, const char *code,
                        const char *detail);

#endif
