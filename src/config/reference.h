/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References to facts of other checks, ${checks.NAME.facts.PATH}, in the text of a check's own
 * keys. `$${` stands for a plain `${`. Anything else that begins with `${` is refused: it was
 * meant as a reference and would otherwise reach an upstream as it stands.
 */
#ifndef CVG_CONFIG_REFERENCE_H
#define CVG_CONFIG_REFERENCE_H

#include "config/bind.h"

/* Whether there is anything in the text that begins like a reference. */
bool cvg_reference_is(const char *text);
/* A scalar node's text with its references reported to binder->on_reference and left as written,
 * or filled in by binder->resolve. In the arena; NULL after a problem, which went to diagnostics
 * under the key's name. */
const char *cvg_reference_expand(struct cvg_binder *binder, const char *key,
                                 const struct cvg_node *node);

#endif
