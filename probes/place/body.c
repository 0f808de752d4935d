/* SPDX-License-Identifier: Apache-2.0 */
/* Growing by doubling, within the limit; see body.h. */
#include "place/body.h"

#include "kit/memory.h"

#include <stdlib.h>
#include <string.h>

#define FIRST ((size_t)16 * 1024)

static void set_capacity(struct cvg_place_body *body, size_t capacity)
{
    body->bytes = cvg_kit_resize(body->bytes, capacity + 1, 1);
    body->capacity = capacity;
}

void cvg_place_body_expect(struct cvg_place_body *body, size_t length)
{
    size_t room = body->limit > body->length ? body->limit - body->length : 0;
    size_t wanted = body->length + (length < room ? length : room);
    if (wanted > body->capacity) {
        set_capacity(body, wanted);
    }
}

int cvg_place_body_add(struct cvg_place_body *body, const void *bytes, size_t length)
{
    if (body->over || length > body->limit - body->length) {
        body->over = 1;
        return -1;
    }
    size_t wanted = body->length + length;
    if (wanted > body->capacity) {
        size_t doubled = body->capacity < FIRST ? FIRST : body->capacity * 2;
        set_capacity(body, wanted > doubled ? wanted : doubled);
    }
    if (length > 0) {
        memcpy(body->bytes + body->length, bytes, length);
    }
    body->length = wanted;
    return 0;
}

char *cvg_place_body_take(struct cvg_place_body *body, size_t *ret_length)
{
    if (body->bytes == NULL) {
        set_capacity(body, 0);
    }
    char *bytes = body->bytes;
    bytes[body->length] = '\0';
    *ret_length = body->length;
    *body = (struct cvg_place_body){.limit = body->limit};
    return bytes;
}

void cvg_place_body_done(struct cvg_place_body *body)
{
    free(body->bytes);
    *body = (struct cvg_place_body){.limit = body->limit};
}
