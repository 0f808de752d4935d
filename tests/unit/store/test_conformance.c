/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite does what an engine must do; so does the database in memory that other tests use. */
#include "conformance.h"
#include "memory_engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int main(void)
{
    return conformance_run("sqlite", &cvg_engine_sqlite) +
           conformance_run("memory", &memory_engine);
}
