/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the answers of services with the strict pull reader: members that are known are taken, the
 * rest is checked and skipped. A member of another type than expected counts as not given; only what
 * is no JSON at all, or over the limits, ends the reading. Pure.
 */
#ifndef CVG_TF_PULL_H
#define CVG_TF_PULL_H

#include <convergate/json.h>

/* On a KEY: takes its value, or skips it. On an item of an array: the item's first token is the
 * current one. 0, or -1: the reader stands at CVG_JSON_ERROR. */
typedef int cvg_tf_pull(struct cvg_json *json, void *arg);

/* A whole document that is an object. 0, or -1: it is none, or broken. limits may be NULL. */
int cvg_tf_pull_document(const char *bytes, size_t length, const struct cvg_json_limits *limits,
                         cvg_tf_pull *member, void *arg);
/* Of the current KEY: each member of its object. */
int cvg_tf_pull_members(struct cvg_json *json, cvg_tf_pull *member, void *arg);
/* Of the current KEY: each item of its array; 1 where it is none. */
int cvg_tf_pull_items(struct cvg_json *json, cvg_tf_pull *item, void *arg);
/* In cvg_tf_pull_items: each member of the current OBJECT. */
int cvg_tf_pull_inside(struct cvg_json *json, cvg_tf_pull *member, void *arg);
/* Of the current KEY: a string, or a number's text, as it stands there; "" where it is neither, does not
 * fit, or has a NUL in it. */
int cvg_tf_pull_text(struct cvg_json *json, char *ret, size_t size);
/* Of the current KEY: 1, 0, or -1 where it is neither true nor false. */
int cvg_tf_pull_flag(struct cvg_json *json, int *ret);

#endif
