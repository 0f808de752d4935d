/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An output that a check wants of infrastructure code: that it is there, not empty, and what it is. The
 * keys are the same in every module that has them. A secret value is never compared, told or even
 * looked at. Pure; any thread.
 */
#ifndef CVG_KIT_WANT_H
#define CVG_KIT_WANT_H

#include "kit/finding.h"
#include "kit/text.h"

#include <convergate/field.h>

struct cvg_kit_want {
    const char *name;
    const char *equals, *matches; /* NULL; matches: a POSIX extended regular expression */
    uint32_t allow_empty;
    uint32_t serve; /* 1: its value becomes the fact outputs.NAME */
};

/* Of a list's items. */
extern const struct cvg_field cvg_kit_want_fields[];

enum cvg_kit_value_kind {
    CVG_KIT_VALUE_NULL = 0, /* not there, or not known yet */
    CVG_KIT_VALUE_EMPTY,    /* "", [], {} */
    CVG_KIT_VALUE_SET,
};

struct cvg_kit_value {
    const char *text; /* a scalar's; NULL: it is none, or too long to compare */
    uint32_t kind;    /* enum cvg_kit_value_kind */
    uint32_t secret;
};

enum cvg_kit_fit {
    CVG_KIT_FITS = 0,
    CVG_KIT_MISSING,
    CVG_KIT_EMPTY,
    CVG_KIT_DIFFERS,
    CVG_KIT_SECRET, /* it would have to be compared */
};

/* Longer values are never compared or told. */
#define CVG_KIT_VALUE_MOST 4096

/* 0, or -1 and what is wrong with `matches` (its words only, no value of it). */
int cvg_kit_want_check(const struct cvg_kit_want *want, char *ret, size_t size);
enum cvg_kit_fit cvg_kit_want_fit(const struct cvg_kit_want *want,
                                  const struct cvg_kit_value *value);
/* The fact outputs.NAME, where it is to be served and can be told exactly: others are asked with it. */
void cvg_kit_want_tell(const struct cvg_kit_want *want, const struct cvg_kit_value *value,
                       struct cvg_kit_finding *finding);

/* Names of many, for a message: the first three, and how many more. Zeroed: none. */
struct cvg_kit_names {
    size_t count;
    size_t length;
    char words[640];
};

/* note: behind the name, in our own words (" (1 of 2)"); "". */
void cvg_kit_names_add(struct cvg_kit_names *names, const char *name, const char *note);
/* "a, b, c and 4 more"; lives as long as names. Once, when all are in. */
const char *cvg_kit_names_end(struct cvg_kit_names *names);

#endif
