/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded exchange with an API server: the response's bytes, taken apart. */
#ifndef CVG_TEST_KUBE_RECORDING_H
#define CVG_TEST_KUBE_RECORDING_H

#include <stddef.h>
#include <stdint.h>

struct recording {
    int64_t status;
    char content_type[128];
    char *body; /* owned; without chunked framing */
    size_t length;
    int complete; /* all of the body came: Content-Length, or the last chunk */
};

/* name is below tests/fixtures/kubernetes. Fails the test where the file is no recording. */
void recording_load(const char *name, struct recording *ret);
/* The same, where the file may be missing: 0 or -1. */
int recording_try(const char *name, struct recording *ret);
void recording_done(struct recording *recording);

#endif
