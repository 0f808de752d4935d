/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of records. */
#include "base/random.h"
#include "base/time.h"
#include "record/record.h"

#include <stdio.h>

void cvg_record_id(int64_t wall_ns, char ret[CVG_RECORD_ID])
{
    uint64_t ms = (uint64_t)(wall_ns / CVG_MS);
    uint64_t chance[2];

    cvg_random_bytes(chance, sizeof(chance));
    snprintf(ret, CVG_RECORD_ID, "%08x-%04x-7%03x-%04x-%012llx", (unsigned)(ms >> 16 & 0xffffffff),
             (unsigned)(ms & 0xffff), (unsigned)(chance[0] & 0xfff),
             (unsigned)(0x8000 | (chance[0] >> 12 & 0x3fff)),
             (unsigned long long)(chance[1] & 0xffffffffffffULL));
}
