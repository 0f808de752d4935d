/* SPDX-License-Identifier: Apache-2.0 */
/* Whole inquiries without a module around them: planned, answered one by one, concluded. */
#ifndef CVG_TEST_INQUIRE_H
#define CVG_TEST_INQUIRE_H

#include "inquiry.h"

struct inquiring {
    struct cvg_prom_inquiry inquiry;
    struct cvg_prom_held held;
    struct cvg_prom_part parts[CVG_PROM_WANTED_LIMIT];
};

/* A check without anything. */
struct cvg_prom_check_config bare_config(void);
/* A list of texts that ends at NULL. */
struct cvg_list texts(const char *const *items);

/* The plan must be possible. wall_ns: the instant that is asked about. */
void inquire_begin(const struct cvg_prom_check_config *config, uint32_t flavour, int64_t wall_ns,
                   struct inquiring *ret);
void inquire_number(struct inquiring *inquiring, size_t which, double value);
/* From NAME.response. */
void inquire_fixture(struct inquiring *inquiring, size_t which, const char *name);
/* From such a body. */
void inquire_body(struct inquiring *inquiring, size_t which, const char *bytes);
/* Concludes and frees; the finding stays. */
void inquire_end(struct inquiring *inquiring);
/* All three are compared; NULL: not. */
void assert_finding(const struct inquiring *inquiring, uint32_t status, const char *reason,
                    const char *message);
/* The path that is refused; NULL: none. */
const char *refused_at(const struct cvg_prom_check_config *config, uint32_t flavour,
                       enum cvg_prom_words words);

#endif
