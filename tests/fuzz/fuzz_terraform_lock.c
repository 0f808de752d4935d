/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of locks: whatever they are, what comes out is printable, whole, and not of the future. */
/* links: cvg_probe_terraform */
#include "fuzz_terraform.h"
#include "lock.h"

#define WALL INT64_C(1700000000000000000)

static void check_text(const char *text, size_t size)
{
    must(memchr(text, '\0', size) != NULL);
    for (const char *at = text; *at != '\0'; at++) {
        must((unsigned char)*at >= 0x20 && *at != 0x7f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cvg_tf_lock lock = {.state = 2};
    cvg_tf_lock_read((const char *)data, size, WALL, &lock);
    must(lock.state == 2 && lock.is_plan <= 1);
    must(lock.created_at >= 0 && lock.created_at <= WALL);
    check_text(lock.id, sizeof(lock.id));
    check_text(lock.operation, sizeof(lock.operation));
    check_text(lock.who, sizeof(lock.who));
    check_text(lock.version, sizeof(lock.version));
    return 0;
}
