/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a file to the table that its code returns. Loading runs the file's code with the daemon's
 * rights, so the file is looked at first: a regular file of root's or the daemon's user that nobody
 * else may write, in a folder of the same kind. Whoever passes that is trusted.
 */
#ifndef CVG_MODULE_LIBRARY_H
#define CVG_MODULE_LIBRARY_H

#include "base/error.h"

#include <convergate/module.h>

/* The folder must be root's or the daemon's user's and writable by nobody else. */
CVG_NODISCARD int cvg_library_check_directory(const char *directory, struct cvg_error *reterr);
/* Loads directory/name.so and never unloads it: threads, destructors and sanitizers may still hold
 * on to its code. *ret is the module's own, in its own layout. CVG_E_NOT_FOUND where there is no
 * such file, CVG_E_REFUSED where it must not be loaded, CVG_E_INVALID where it is no module. */
CVG_NODISCARD int cvg_library_open(const char *directory, const char *name,
                                   const struct cvg_module **ret, struct cvg_error *reterr);

#endif
