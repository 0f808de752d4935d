/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of images (the OCI distribution specification's grammar), by their whole name: the registry
 * has to stand there, since what is left out means another registry to each tool. Pure; any thread.
 */
#ifndef CVG_HTTP_IMAGE_H
#define CVG_HTTP_IMAGE_H

#include <stddef.h>

struct cvg_http_image {
    char registry[256];   /* host[:port]; docker.io's is where it answers */
    char repository[256]; /* with docker.io's "library/" */
    char reference[160];  /* the digest where there is one, else the tag */
    int is_digest;
};

/* 0, or -1 and what is wrong with the name. */
int cvg_http_image_parse(const char *name, struct cvg_http_image *ret, char *ret_why, size_t size);
/* "sha256:" and 64 small hexadecimal digits, or "sha512:" and 128. */
int cvg_http_is_digest(const char *text, size_t length);

#endif
