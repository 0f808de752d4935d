/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building our own documents with cJSON; only files of this folder include it. Whatever text goes
 * in, what comes out is valid JSON in valid UTF-8.
 */
#ifndef CVG_WIRE_DOCUMENT_H
#define CVG_WIRE_DOCUMENT_H

#include "base/alloc.h"
#include "base/buf.h"

#include <cjson/cJSON.h>

#include <stdint.h>

/* For CVG_CLEANUP. */
void cvg_document_done(cJSON **document);
cJSON *cvg_document_object(void);
cJSON *cvg_document_array(void);
/* Adds to an object (name set) or an array (name NULL). text NULL is "". */
void cvg_document_text(cJSON *parent, const char *name, const char *text);
/* Cut at a character's end, with "...", where longer than limit bytes. */
void cvg_document_text_upto(cJSON *parent, const char *name, const char *text, size_t limit);
void cvg_document_number(cJSON *parent, const char *name, double value);
void cvg_document_bool(cJSON *parent, const char *name, bool value);
void cvg_document_null(cJSON *parent, const char *name);
/* Takes the child over. */
void cvg_document_add(cJSON *parent, const char *name, cJSON *child);
/* RFC 3339 in UTC, or "" for 0 and CVG_NEVER. */
void cvg_document_time(cJSON *parent, const char *name, int64_t at, int64_t wall_offset);
/* Of a document that was read: the text of that name, in the arena; "" where there is none. */
const char *cvg_document_read_text(const cJSON *object, const char *name, struct cvg_arena *arena);
/* Appends one line without a newline. -1 over the buffer's limit. */
int cvg_document_print(const cJSON *document, struct cvg_buf *ret);

#endif
