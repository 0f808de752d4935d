/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What S3 and DynamoDB answer, and what DynamoDB is asked. An error counts by the word that the
 * service gives it, not by its status alone: a 404 of a proxy is no missing object, and 400 means a
 * dozen things. Of an error's text only that word is shown. Pure.
 */
#ifndef CVG_PLACE_S3_ANSWER_H
#define CVG_PLACE_S3_ANSWER_H

#include "place/errand.h"

enum cvg_place_s3_answer {
    CVG_PLACE_S3_FOUND = 0,
    CVG_PLACE_S3_SAME, /* 304 */
    CVG_PLACE_S3_ABSENT,
    CVG_PLACE_S3_REFUSED, /* the sight's fault says why */
};

/* what: "the state", "the lock", for people. */
enum cvg_place_s3_answer cvg_place_s3_read(const struct cvg_place_answer *answer, const char *what,
                                           struct cvg_place_sight *sight);
/* Of ListObjectsV2: the first key, "" where there is none. 0, or -1 with the sight's fault set. */
int cvg_place_s3_first_key(const struct cvg_place_answer *answer, char *ret, size_t size,
                           struct cvg_place_sight *sight);

/* An item of a table, as far as it is of interest. */
struct cvg_place_item {
    int there;
    char text[2048]; /* of the attribute; "": it has none, or it does not fit */
    size_t length;
};

/* GetItem's body. 0; -1: it does not fit. */
int cvg_place_dynamo_ask(char *ret, size_t size, const char *table, const char *id,
                         const char *attribute);
/* 0, or -1 with the sight's fault set. */
int cvg_place_dynamo_read(const struct cvg_place_answer *answer, const char *attribute,
                          struct cvg_place_item *ret, struct cvg_place_sight *sight);

#endif
