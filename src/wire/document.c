/* SPDX-License-Identifier: Apache-2.0 */
/* cJSON behind names of ours: no NULL, no NaN, no invalid UTF-8 gets past here. */
#include "wire/document.h"

#include "base/text.h"
#include "base/time.h"

#include <convergate/number.h>

#include <math.h>
#include <string.h>

/* cJSON answers NULL when memory is gone; everywhere else that ends the process, so here too. */
static cJSON *sure(cJSON *item)
{
    if (!item) {
        abort();
    }
    return item;
}

void cvg_document_done(cJSON **document)
{
    cJSON_Delete(*document);
    *document = NULL;
}

cJSON *cvg_document_object(void)
{
    return sure(cJSON_CreateObject());
}

cJSON *cvg_document_array(void)
{
    return sure(cJSON_CreateArray());
}

void cvg_document_add(cJSON *parent, const char *name, cJSON *child)
{
    bool added =
        name ? cJSON_AddItemToObject(parent, name, child) : cJSON_AddItemToArray(parent, child);
    if (!added) {
        abort();
    }
}

void cvg_document_text_upto(cJSON *parent, const char *name, const char *text, size_t limit)
{
    size_t length = text ? strlen(text) : 0;

    if (length <= limit && cvg_text_is_utf8(text ? text : "", length)) {
        cvg_document_add(parent, name, sure(cJSON_CreateString(text ? text : "")));
        return;
    }
    size_t size = CVG_MIN(length, limit) + 4; /* room for "..." and the end */
    char *clean = cvg_alloc(size);
    cvg_text_printable(text, length, clean, size);
    cvg_document_add(parent, name, sure(cJSON_CreateString(clean)));
    free(clean);
}

void cvg_document_text(cJSON *parent, const char *name, const char *text)
{
    cvg_document_text_upto(parent, name, text, SIZE_MAX - 4);
}

void cvg_document_number(cJSON *parent, const char *name, double value)
{
    /* JSON has no NaN and no infinity. */
    cvg_document_add(parent, name,
                     sure(isfinite(value) ? cJSON_CreateNumber(value) : cJSON_CreateNull()));
}

void cvg_document_bool(cJSON *parent, const char *name, bool value)
{
    cvg_document_add(parent, name, sure(cJSON_CreateBool(value)));
}

void cvg_document_null(cJSON *parent, const char *name)
{
    cvg_document_add(parent, name, sure(cJSON_CreateNull()));
}

void cvg_document_time(cJSON *parent, const char *name, int64_t at, int64_t wall_offset)
{
    char text[CVG_NUMBER_TEXT] = "";

    if (at != 0 && at != CVG_NEVER) {
        cvg_format_time(at + wall_offset, 0, text, sizeof(text));
    }
    cvg_document_text(parent, name, text);
}

const char *cvg_document_read_text(const cJSON *object, const char *name, struct cvg_arena *arena)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cvg_arena_strdup(arena, cJSON_IsString(item) ? item->valuestring : "");
}

int cvg_document_print(const cJSON *document, struct cvg_buf *ret)
{
    char *text = cJSON_PrintUnformatted(document);

    if (!text) {
        abort();
    }
    int rc = cvg_buf_puts(ret, text);
    cJSON_free(text);
    return rc;
}
