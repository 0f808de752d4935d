/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Label selectors as Kubernetes writes them: requirements that all must hold, parted by commas.
 *
 *   key            there is such a label       !key            there is none
 *   key = value    the same as key == value    key != value    another value, or none
 *   key in (a,b)   one of these                key notin (a,b) none of these, or none at all
 *   key > 5        a whole number over 5       key < 5
 *
 * Immutable once parsed; one owner.
 */
#ifndef CVG_KUBE_SELECT_H
#define CVG_KUBE_SELECT_H

#include <stddef.h>

struct cvg_kube_selector;

/* NULL: it is none; why says what and where ("at 7: ..."). To be freed. */
struct cvg_kube_selector *cvg_kube_selector_parse(const char *text, char *why, size_t why_size);
void cvg_kube_selector_free(struct cvg_kube_selector *selector); /* takes NULL */
/* labels: name, value, name, value ..., ends at NULL; NULL: none. */
int cvg_kube_selector_matches(const struct cvg_kube_selector *selector, const char *const *labels);

#endif
