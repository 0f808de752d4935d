/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON for people to read. */
#include "config/json_text.h"

#include "base/quote.h"

static void begin(struct cvg_json_text *json)
{
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (json->some) {
        cvg_buf_putc(json->out, ',');
    }
    if (json->depth) {
        cvg_buf_printf(json->out, "\n%*s", (int)json->depth * 2, "");
    }
    json->some = true;
}

void cvg_json_text_open(struct cvg_json_text *json, char bracket)
{
    begin(json);
    cvg_buf_putc(json->out, bracket);
    json->depth++;
    json->some = false;
}

void cvg_json_text_close(struct cvg_json_text *json, char bracket)
{
    json->depth--;
    if (json->some) {
        cvg_buf_printf(json->out, "\n%*s", (int)json->depth * 2, "");
    }
    cvg_buf_putc(json->out, bracket);
    json->some = true;
}

void cvg_json_text_key(struct cvg_json_text *json, const char *key)
{
    begin(json);
    cvg_quote_json(json->out, key);
    cvg_buf_puts(json->out, ": ");
    json->after_key = true;
}

void cvg_json_text_string(struct cvg_json_text *json, const char *text)
{
    begin(json);
    cvg_quote_json(json->out, text);
}

void cvg_json_text_raw(struct cvg_json_text *json, const char *text)
{
    begin(json);
    cvg_buf_puts(json->out, text);
}

void cvg_json_text_pair(struct cvg_json_text *json, const char *key, const char *text)
{
    cvg_json_text_key(json, key);
    cvg_json_text_string(json, text);
}
