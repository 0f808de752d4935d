/* SPDX-License-Identifier: Apache-2.0 */
/* What can be written in a configuration, printed from the same tables that bind it. */
#ifndef CVG_CONFIG_DESCRIBE_H
#define CVG_CONFIG_DESCRIBE_H

#include "base/buf.h"
#include "config/kind.h"

/* JSON Schema 2020-12 of the whole file, for editors (`convergated --print-schema`). */
int cvg_describe_schema(const struct cvg_kinds *kinds, struct cvg_buf *ret);
/* A module's fields for a terminal (`convergated --describe prometheus`). */
int cvg_describe_kind(const struct cvg_kind *kind, struct cvg_buf *ret);
/* docs/configuration.md (`convergated --print-reference`). */
int cvg_describe_reference(const struct cvg_kinds *kinds, struct cvg_buf *ret);
/* docs/man/convergate.yaml.5 (`convergated --print-manual`). */
int cvg_describe_manual(const struct cvg_kinds *kinds, struct cvg_buf *ret);

#endif
