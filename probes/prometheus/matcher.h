/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A label matcher as operators write it: severity="critical", env=~"prod|live", team!=infra. The
 * value may stand without quotes. Matchers are never evaluated here: they are quoted afresh and
 * handed to the server, whose regular expressions they are. Pure; any thread.
 */
#ifndef CVG_PROM_MATCHER_H
#define CVG_PROM_MATCHER_H

#include "compose.h"

struct cvg_prom_matcher {
    char name[128];
    const char *operator; /* "=", "!=", "=~", "!~" */
    char value[1024];     /* without quotes and escapes */
};

/* NULL, or what is wrong with the text. */
const char *cvg_prom_matcher_parse(const char *text, struct cvg_prom_matcher *ret);
/* name="value", with the value quoted. */
void cvg_prom_matcher_write(const struct cvg_prom_matcher *matcher, struct cvg_prom_string *string);

#endif
