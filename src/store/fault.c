/* SPDX-License-Identifier: Apache-2.0 */
/* The words for why a store cannot. They stand in metrics: never renamed. */
#include "base/macros.h"
#include "store/engine.h"

static const char *const words[CVG_STORE_FAULT_KINDS] = {
    [CVG_STORE_NO_FAULT] = "none",
    [CVG_STORE_MISSING] = "missing",
    [CVG_STORE_DENIED] = "denied",
    [CVG_STORE_FULL] = "full",
    [CVG_STORE_READ_ONLY] = "read_only",
    [CVG_STORE_LOCKED] = "locked",
    [CVG_STORE_CORRUPT] = "corrupt",
    [CVG_STORE_FOREIGN] = "foreign",
    [CVG_STORE_IO] = "io",
    [CVG_STORE_BEHIND] = "behind",
    [CVG_STORE_TAMPERED] = "tampered",
};

const char *cvg_store_fault_text(enum cvg_store_fault fault)
{
    return (unsigned)fault < CVG_COUNT(words) ? words[fault] : "unknown";
}
