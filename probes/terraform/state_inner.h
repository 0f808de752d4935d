/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of states, `show -json` and plans share. Each part gathers what it finds in a
 * growing array of its own and lays it into the arena once it knows how many there are.
 */
#ifndef CVG_TF_STATE_INNER_H
#define CVG_TF_STATE_INNER_H

#include "document.h"
#include "state.h"

/* An array while it grows; free(items) in the end. */
struct cvg_tf_pile {
    void *items;
    size_t count, capacity;
};

/* Room for one more, not zeroed; the count is raised. size: of an item. */
void *cvg_tf_pile_add(struct cvg_tf_pile *pile, size_t size);
/* A copy in the arena in *ret, which is not NULL however few there are. */
int cvg_tf_pile_keep(struct cvg_tf_document *document, const struct cvg_tf_pile *pile, size_t size,
                     const void **ret);

/* ---- address.c ---- */

/* On a STRING or NUMBER: the index as an address has it, in the arena. */
const char *cvg_tf_index(struct cvg_tf_document *document);
/* "module.a[\"x\"].module.b" */
int cvg_tf_is_module(const char *address);
/* "provider[\"host/ns/type\"].alias", "module.a.provider.null" */
int cvg_tf_is_provider(const char *address);

/* ---- state_order.c ---- */

int cvg_tf_compare_resources(const struct cvg_tf_resource *a, const struct cvg_tf_resource *b);
int cvg_tf_compare_instances(const struct cvg_tf_instance *a, const struct cvg_tf_instance *b);
/* Where one of them stands twice, its number; else SIZE_MAX. Any order; quick where they are sorted, as
 * the tool writes them. */
size_t cvg_tf_twice_resource(const struct cvg_tf_resource *resources, size_t count);
size_t cvg_tf_twice_instance(const struct cvg_tf_instance *instances, size_t count);

/* ---- state_resource.c ---- */

/* On the ARRAY of a raw state's resources. */
int cvg_tf_resources_read(struct cvg_tf_document *document, struct cvg_tf_state *ret);
/* Fields that both formats have, on their values. */
int cvg_tf_mode_read(struct cvg_tf_document *document, uint32_t *ret_is_data);
int cvg_tf_name_read(struct cvg_tf_document *document, const char **ret);
int cvg_tf_deposed_read(struct cvg_tf_document *document, const char **ret);

/* ---- state_output.c ---- */

/* On the OBJECT of outputs. is_raw: value and type must be there. */
int cvg_tf_outputs_read(struct cvg_tf_document *document, const struct cvg_tf_wish *wish,
                        int is_raw, struct cvg_tf_state *ret);
/* ---- state_check.c ---- */

/* On the ARRAY of check_results of a raw state, or of checks of `show -json`. */
int cvg_tf_check_results_read(struct cvg_tf_document *document, struct cvg_tf_state *ret);
int cvg_tf_checks_read(struct cvg_tf_document *document,
                       const struct cvg_tf_check_result **ret_checks, size_t *ret_count);

#endif
