/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Declared configuration: one table drives parsing, defaults, errors with file:line:column, the
 * JSON Schema and the reference page. The host fills a plain struct of the module's own; the
 * table says which member holds which key.
 *
 * How each type is stored in that struct, and what stands there when the key is absent and has
 * no default:
 *
 *   STRING    const char *                   NULL
 *   BOOL      uint32_t, 0 or 1               CVG_ABSENT_UINT
 *   INT       int64_t                        CVG_ABSENT_INT
 *   NUMBER    double                         NaN
 *   DURATION  int64_t, nanoseconds           CVG_ABSENT_INT
 *   SIZE      int64_t, bytes                 CVG_ABSENT_INT
 *   ENUM      uint32_t, index into choices   CVG_ABSENT_UINT
 *   URL       const char *                   NULL
 *   SECRET    const struct cvg_secret *      NULL   (read with host->secret, never printed)
 *   LIST      struct cvg_list                count 0; items are const char *, or structs of
 *                                            member_size bytes when `members` is set
 *   MAP       struct cvg_list                count 0; items are struct cvg_pair
 *   STRUCT    const void *                   NULL; points to member_size bytes
 *
 * Everything lives as long as the source or check that was created from it.
 */
#ifndef CONVERGATE_FIELD_H
#define CONVERGATE_FIELD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CVG_ABSENT_INT  INT64_MIN
#define CVG_ABSENT_UINT UINT32_MAX

enum cvg_field_type {
    CVG_FIELD_STRING = 1,
    CVG_FIELD_BOOL,
    CVG_FIELD_INT,
    CVG_FIELD_NUMBER,
    CVG_FIELD_DURATION, /* 500ms, 15s, 2m, 1h30m, 7d */
    CVG_FIELD_SIZE,     /* 512, 64KiB, 8MiB, 1GiB */
    CVG_FIELD_ENUM,
    CVG_FIELD_URL, /* http or https, absolute, without user information */
    CVG_FIELD_SECRET,
    CVG_FIELD_LIST, /* a single value is taken as a list of one */
    CVG_FIELD_MAP,  /* string to string */
    CVG_FIELD_STRUCT,
};

enum cvg_field_flag {
    CVG_FIELD_REQUIRED = 1,
    CVG_FIELD_DEPRECATED = 2,
    CVG_FIELD_NONEMPTY = 4, /* a STRING or LIST that is given must not be empty */
    /* From minor 2 on. Of a STRING member in a LIST of structs: an item may be a plain value, which
     * stands for this member, the others being absent. */
    CVG_FIELD_SHORTHAND = 8,
};

struct cvg_list {
    size_t count;
    const void *items;
};

struct cvg_pair {
    const char *name;
    const char *value;
};

/* A reference to a secret (`file:`, `credential:`, `env:`), never its value. */
struct cvg_secret;

/* One configuration key. A table ends at name == NULL. */
struct cvg_field {
    const char *name;
    const char *doc;            /* one or two sentences for the reference page */
    const char *default_text;   /* as it would stand in the file; NULL: none */
    const char *example;        /* as it would stand in the file; may be NULL */
    uint32_t type;              /* enum cvg_field_type */
    uint32_t flags;             /* enum cvg_field_flag */
    size_t offset;              /* of the member */
    int64_t min, max;           /* INT, DURATION (ns), SIZE (bytes), and lengths of STRING and LIST;
                                 both 0: no limit besides the type's own */
    const char *const *choices; /* ENUM: ends at NULL */
    const struct cvg_field *members; /* STRUCT, LIST of structs */
    size_t member_size;
};

#ifdef __cplusplus
}
#endif

#endif
