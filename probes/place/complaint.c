/* SPDX-License-Identifier: Apache-2.0 */
/* A service's word, looked up; see complaint.h. */
#include "place/complaint.h"

#include "place/fault.h"

#include <stdio.h>
#include <string.h>

void cvg_place_complaint_word(char *ret, size_t size, const char *text, size_t length)
{
    static const char taken[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    for (size_t i = 0; i < length; i++) {
        if (memchr(taken, text[i], sizeof(taken) - 1) == NULL) {
            return;
        }
    }
    if (length < size) {
        memcpy(ret, text, length);
        ret[length] = '\0';
    }
}

void cvg_place_complain(struct cvg_place_sight *sight, const struct cvg_place_answer *answer,
                        const char *what, const struct cvg_place_complaint *table, const char *code,
                        const char *detail)
{
    while (table->code != NULL && strcmp(table->code, code) != 0) {
        table++;
    }
    if (table->code != NULL) {
        cvg_place_refuse(sight, table->fault, table->reason, "%s: %u %s: %s%s%s", what,
                         (unsigned)answer->status, code, table->hint, detail[0] ? ": " : "",
                         detail);
        return;
    }
    char generic[sizeof(sight->text)];
    cvg_place_refuse_response(sight, answer->response);
    memcpy(generic, sight->text, sizeof(generic));
    cvg_place_refuse(sight, sight->fault, sight->reason, "%s: %s%s%s%s", what, generic,
                     code[0] ? " (" : "", code, code[0] ? ")" : "");
}
