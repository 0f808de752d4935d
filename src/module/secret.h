/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that modules make (host->secret_text, secret_file): a source's own, wiped when they are
 * dropped, at the latest with the source. Deciding thread.
 */
#ifndef CVG_MODULE_SECRET_H
#define CVG_MODULE_SECRET_H

#include <convergate/module.h>

struct cvg_made_secret;

/* The host table's, see there. */
const struct cvg_secret *cvg_made_secret_text(struct cvg_source *source, const char *text,
                                              size_t length);
const struct cvg_secret *cvg_made_secret_file(struct cvg_source *source, const char *path);
void cvg_made_secret_drop(struct cvg_source *source, const struct cvg_secret *secret);

/* All of a source's. Takes NULL. */
void cvg_made_secrets_free(struct cvg_made_secret *first);

#endif
