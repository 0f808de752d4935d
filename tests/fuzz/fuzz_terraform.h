/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the targets of terraform's readers hold each reading to: it is refused or not, with a place that
 * has no words of the document; and a document that lost its end is never whole.
 */
#ifndef CVG_FUZZ_TERRAFORM_H
#define CVG_FUZZ_TERRAFORM_H

#include "fuzz.h"
#include "state.h"

#include <stdlib.h>
#include <string.h>

#define FUZZ_ARENA ((size_t)8 << 20)

static inline void must(int holds)
{
    if (!holds) {
        abort();
    }
}

static inline void check_refusal(int result, const struct cvg_tf_refusal *refusal)
{
    must(result == 0 || result == -1);
    must((result == 0) == (refusal->kind == CVG_TF_FINE));
    must(refusal->kind < CVG_TF_REFUSALS);
    must(memchr(refusal->where, '\0', sizeof(refusal->where)) != NULL);
    for (const char *at = refusal->where; *at != '\0'; at++) {
        must(*at >= 0x20 && *at < 0x7f);
    }
}

/* One reading of the bytes, which says what it is. */
typedef enum cvg_tf_refusal_kind fuzz_read(const uint8_t *data, size_t size);

static inline int is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* Reads it all; where it is whole, also a few beginnings of it, which are not. */
static inline void read_and_cut(fuzz_read *read, const uint8_t *data, size_t size)
{
    if (read(data, size) != CVG_TF_FINE) {
        return;
    }
    while (size > 0 && is_space(data[size - 1])) {
        size--;
    }
    for (size_t cut = size; cut > 0; cut = cut / 3 * 2) {
        enum cvg_tf_refusal_kind kind = read(data, cut - 1);
        must(kind == CVG_TF_TORN || kind == CVG_TF_EMPTY);
    }
}

/* No output that is sensitive has a text, no object of a resource stands twice, and every address is one. */
static inline void check_state(const struct cvg_tf_state *state)
{
    char address[64];
    size_t current = 0;
    for (size_t i = 0; i < state->resource_count; i++) {
        const struct cvg_tf_resource *resource = &state->resources[i];
        must(resource->type[0] != '\0' && resource->name[0] != '\0');
        for (uint32_t j = 0; j < resource->instance_count; j++) {
            const struct cvg_tf_instance *one = &resource->instances[j];
            current += one->deposed[0] == '\0';
            cvg_tf_address(resource, one, address, sizeof(address));
            must(strlen(address) >= 3);
            for (uint32_t k = 0; k < j && j < 64; k++) {
                must(strcmp(one->index, resource->instances[k].index) != 0 ||
                     strcmp(one->deposed, resource->instances[k].deposed) != 0);
            }
        }
    }
    must(current == state->instance_count);
    for (size_t i = 0; i < state->output_count; i++) {
        const struct cvg_tf_output *output = &state->outputs[i];
        must(output->name[0] != '\0' && output->type[0] != '\0');
        must(output->text == NULL || !output->sensitive);
    }
    for (size_t i = 0; i < state->check_count; i++) {
        must(state->checks[i].failed <= state->checks[i].of);
        must(state->checks[i].failed == 0 || state->checks[i].status >= CVG_TF_CHECK_FAIL);
    }
}

#endif
