/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pretty printed JSON, a call a token; inside of this layer, for the schema. Whoever calls opens
 * and closes in pairs. One owner, no locks.
 */
#ifndef CVG_CONFIG_JSON_TEXT_H
#define CVG_CONFIG_JSON_TEXT_H

#include "base/buf.h"

struct cvg_json_text {
    struct cvg_buf *out;
    unsigned depth;
    bool some;      /* the open object or array has an element already */
    bool after_key; /* a key was written, its value comes next */
};

void cvg_json_text_open(struct cvg_json_text *json, char bracket); /* '{' or '[' */
void cvg_json_text_close(struct cvg_json_text *json, char bracket);
void cvg_json_text_key(struct cvg_json_text *json, const char *key);
/* UTF-8; escaped as JSON wants it. */
void cvg_json_text_string(struct cvg_json_text *json, const char *text);
/* A number, true, false or null. */
void cvg_json_text_raw(struct cvg_json_text *json, const char *text);
/* key and string in one. */
void cvg_json_text_pair(struct cvg_json_text *json, const char *key, const char *text);

#endif
