/* SPDX-License-Identifier: Apache-2.0 */
/* Exit codes; see codes.h. */
#include "codes.h"

#include <convergate/number.h>
#include <convergate/reading.h>

#include <string.h>

#define CODE_MOST 255

int cvg_exec_status_read(const char *word, size_t length, uint32_t *ret)
{
    static const struct {
        const char *word;
        uint32_t status;
    } words[] = {{"ready", CVG_READY},
                 {"progressing", CVG_PROGRESSING},
                 {"degraded", CVG_DEGRADED},
                 {"failed", CVG_FAILED},
                 {"unknown", CVG_UNKNOWN}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i].word) == length && memcmp(words[i].word, word, length) == 0) {
            *ret = words[i].status;
            return 0;
        }
    }
    return -1;
}

/* "3", "3-9"; -1 where it is neither. */
static int read_range(const char *text, int64_t *ret_first, int64_t *ret_last)
{
    size_t length = strcspn(text, "-");
    if (cvg_parse_int64(text, length, ret_first) < 0) {
        return -1;
    }
    *ret_last = *ret_first;
    if (text[length] == '-' &&
        cvg_parse_int64(text + length + 1, strlen(text + length + 1), ret_last) < 0) {
        return -1;
    }
    return *ret_first < 0 || *ret_last < *ret_first || *ret_last > CODE_MOST ? -1 : 0;
}

const char *cvg_exec_codes_check(const struct cvg_pair *entry)
{
    int64_t first = 0;
    int64_t last = 0;
    uint32_t status = 0;
    if (strcmp(entry->name, "default") != 0 && read_range(entry->name, &first, &last) < 0) {
        return "is neither a code from 0 to 255, nor a range of them (3-9), nor default";
    }
    if (cvg_exec_status_read(entry->value, strlen(entry->value), &status) < 0) {
        return "has to be ready, progressing, degraded, failed or unknown";
    }
    return NULL;
}

static uint32_t table_status(uint32_t table, int32_t code, int *ret_named)
{
    static const uint32_t nagios[] = {CVG_READY, CVG_DEGRADED, CVG_FAILED, CVG_UNKNOWN};
    if (table == CVG_EXEC_NAGIOS) {
        *ret_named = code >= 0 && code <= 3;
        return *ret_named ? nagios[code] : CVG_UNKNOWN;
    }
    *ret_named = 1;
    return code == 0 ? CVG_READY : code == 75 ? CVG_PROGRESSING : CVG_FAILED;
}

uint32_t cvg_exec_codes_status(const struct cvg_list *overrides, uint32_t table, int32_t code,
                               int *ret_named)
{
    const struct cvg_pair *entries = overrides->items;
    const struct cvg_pair *best = NULL;
    int64_t best_width = INT64_MAX;
    for (size_t i = 0; i < overrides->count; i++) {
        int64_t first = 1; /* `default` is not for a 0, and wider than any range */
        int64_t last = CODE_MOST + 2;
        if (strcmp(entries[i].name, "default") != 0 &&
            read_range(entries[i].name, &first, &last) < 0) {
            continue;
        }
        if (code >= first && code <= last && last - first < best_width) {
            best = &entries[i];
            best_width = last - first;
        }
    }
    uint32_t status = CVG_UNKNOWN;
    if (best != NULL && cvg_exec_status_read(best->value, strlen(best->value), &status) == 0) {
        *ret_named = 1;
        return status;
    }
    return table_status(table, code, ret_named);
}
