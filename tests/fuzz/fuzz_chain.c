/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit chain and its head file. The first byte says what the rest is:
 *   - a point's text: what is accepted is written back as it was,
 *   - the fields of a row: no two rows that differ have one hash, however bytes move between fields,
 *   - damage to a head file with two heads in it: one of both is read, or none.
 */
/* links: cvg_store */
#include "fuzz.h"

#include "base/alloc.h"
#include "store/head.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIELDS     10
#define SLOT       512
#define SLOT_STEP  4096
#define HEAD_BYTES (SLOT_STEP + SLOT)

static void must(int holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- points --------------------------------------------------------------------------------- */

static void check_point(const char *text)
{
    struct cvg_chain_point point;
    char again[CVG_CHAIN_POINT_TEXT];
    if (cvg_chain_point_read(text, &point)) {
        cvg_chain_point_write(&point, again);
        must(strlen(text) == strlen(again));
        for (size_t i = 0; again[i]; i++) {
            must(tolower((unsigned char)text[i]) == again[i]);
        }
    }
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* Fields are what stands between line feeds; those that are missing are empty. */
static void split(char *text, char *fields[FIELDS])
{
    for (size_t i = 0; i < FIELDS; i++) {
        char *end = text ? strchr(text, '\n') : NULL;
        fields[i] = cvg_strndup(text ? text : "", !text ? 0
                                                  : end ? (size_t)(end - text)
                                                        : strlen(text));
        text = end ? end + 1 : NULL;
    }
}

static void hash_of(struct cvg_chain_hasher *hasher, char *const fields[FIELDS],
                    unsigned char ret[CVG_SHA256_SIZE])
{
    static const unsigned char zeros[CVG_SHA256_SIZE];
    const struct cvg_record row = {.number = 1,
                                   .id = fields[0],
                                   .action = fields[1],
                                   .actor = fields[2],
                                   .environment = fields[3],
                                   .gate = fields[4],
                                   .app = fields[5],
                                   .revision = fields[6],
                                   .verdict = fields[7],
                                   .target = fields[8],
                                   .body = fields[9],
                                   .body_length = strlen(fields[9])};
    cvg_chain_hash(hasher, zeros, &row, ret);
}

static void check_row(char *text)
{
    char *fields[FIELDS];
    unsigned char hash[CVG_SHA256_SIZE], other[CVG_SHA256_SIZE];
    struct cvg_chain_hasher *hasher = cvg_chain_hasher_new();
    split(text, fields);
    hash_of(hasher, fields, hash);
    for (size_t i = 0; i + 1 < FIELDS; i++) {
        size_t length = strlen(fields[i]);
        if (length > 0) { /* its last byte moves into the next field */
            char *kept[2] = {fields[i], fields[i + 1]};
            fields[i] = cvg_strndup(kept[0], length - 1);
            fields[i + 1] = cvg_format("%c%s", kept[0][length - 1], kept[1]);
            hash_of(hasher, fields, other);
            must(memcmp(hash, other, sizeof hash) != 0);
            free(fields[i]);
            free(fields[i + 1]);
            fields[i] = kept[0];
            fields[i + 1] = kept[1];
        }
    }
    hash_of(hasher, fields, other);
    must(memcmp(hash, other, sizeof hash) == 0);
    for (size_t i = 0; i < FIELDS; i++) {
        free(fields[i]);
    }
    cvg_chain_hasher_free(hasher);
}

/* ---- the head file -------------------------------------------------------------------------- */

static void write_heads(const char *file, struct cvg_head heads[2])
{
    struct cvg_head_file *head_file;
    struct cvg_ed25519 *key;
    must(cvg_ed25519_make(&key, NULL) == 0 && cvg_head_open(file, &head_file, NULL) == 0);
    for (unsigned i = 0; i < 2; i++) {
        heads[i] = (struct cvg_head){.point = {.point = {.number = i + 1}, .at = 5}};
        cvg_chain_sign(key, CVG_CHAIN_HEAD, &heads[i].point);
        cvg_ed25519_public(key, heads[i].public_key);
        must(cvg_head_write(head_file, &heads[i], NULL) == 0);
    }
    cvg_head_close(head_file);
    cvg_ed25519_free(key);
}

/* Three bytes an edit: two for the place, one to xor. What is left over cuts the file. */
static void check_head(const uint8_t *data, size_t size)
{
    char folder[] = "/tmp/cvg-fuzz-XXXXXX", *file, *path;
    unsigned char bytes[HEAD_BYTES], whole[HEAD_BYTES];
    struct cvg_head heads[2], head;

    must(mkdtemp(folder) != NULL);
    file = cvg_format("%s/db", folder);
    path = cvg_format("%s.head", file);
    write_heads(file, heads);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    must(fd >= 0 && pread(fd, whole, sizeof whole, 0) == (ssize_t)sizeof whole);
    memcpy(bytes, whole, sizeof bytes);
    for (; size >= 3; data += 3, size -= 3) {
        bytes[((size_t)data[0] << 8 | data[1]) % HEAD_BYTES] ^= data[2];
    }
    must(pwrite(fd, bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes);
    if (size > 0) {
        size_t length = (size_t)HEAD_BYTES * data[0] / 256;
        must(ftruncate(fd, (off_t)length) == 0);
        memset(bytes + length, 0, sizeof bytes - length);
    }
    int same[2] = {memcmp(bytes, whole, SLOT) == 0,
                   memcmp(bytes + SLOT_STEP, whole + SLOT_STEP, SLOT) == 0};
    int rc = cvg_head_read(file, &head, NULL);
    if (same[0] || same[1]) {
        must(rc == 0 && memcmp(&head, &heads[same[1]], sizeof head) == 0);
    } else {
        must(rc == CVG_E_INVALID || rc == CVG_E_NOT_FOUND);
    }
    close(fd);
    must(unlink(path) == 0 && rmdir(folder) == 0);
    free(file);
    free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 4096) {
        return 0;
    }
    if (data[0] % 3 == 2) {
        check_head(data + 1, size - 1);
        return 0;
    }
    char *text = cvg_strndup((const char *)data + 1, size - 1);
    if (data[0] % 3 == 0) {
        check_point(text);
    } else {
        check_row(text);
    }
    free(text);
    return 0;
}
