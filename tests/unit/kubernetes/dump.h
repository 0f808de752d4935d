/* SPDX-License-Identifier: Apache-2.0 */
/* Views and events as text, a line a field, so that two of them can be compared and a difference
 * be read. The tree is left out: protobuf has none. */
#ifndef CVG_TEST_KUBE_DUMP_H
#define CVG_TEST_KUBE_DUMP_H

#include "decode.h"

#include <stdio.h>

/* Adds to a text of lines. */
struct dump {
    char *text; /* owned; valid after dump_end */
    size_t length;
    FILE *file;
    size_t count; /* of views or events */
};

void dump_begin(struct dump *dump);
void dump_end(struct dump *dump);
void dump_done(struct dump *dump);
/* cvg_kube_see; arg is a struct dump. */
int dump_view(void *arg, const struct cvg_kube_view *view);
/* What frames are fed with; arg is a struct dump. */
int dump_event(void *arg, const struct cvg_kube_event *event);
void dump_status(struct dump *dump, const struct cvg_kube_status *status);
/* Fails the test at the first line that differs. */
void dump_equal(const struct dump *left, const struct dump *right, const char *what);

#endif
