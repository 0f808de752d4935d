/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FILE.head. A slot's 512 bytes:
 *
 *   0 magic (16)   16 number of the write (8)   24 the point's number (8)   32 at (8)
 *   40 the point's hash (32)   72 signature (64)   136 public key (32)   168 zeros
 *   480 SHA-256 of the 480 bytes before
 *
 * numbers big-endian. The slots are 4096 bytes apart, since that is what disks and page caches
 * write as a whole: what tears one never touches the other. Each write goes to the slot that is
 * not the one that counts.
 */
#include "store/head.h"

#include "base/alloc.h"
#include "store/beside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SLOT        512
#define SLOT_STEP   4096
#define COVERED     (SLOT - CVG_SHA256_SIZE)
/* Nobody writes that often: such a number would end the counting. */
#define WRITES_MOST (UINT64_MAX / 2)

static const unsigned char magic[16] = "convergate-head";

struct cvg_head_file {
    int fd;
    char *file;     /* the database's */
    uint64_t write; /* of the slot that counts; 0: none is whole */
    unsigned next;  /* the slot to write */
};

struct slot {
    uint64_t write;
    struct cvg_head head;
};

static void put_number(unsigned char *at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        at[i] = (unsigned char)(value >> (56 - 8 * i));
    }
}

static uint64_t get_number(const unsigned char *at)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

static void spell_slot(const struct slot *slot, unsigned char ret[SLOT])
{
    const struct cvg_chain_signed *point = &slot->head.point;
    memset(ret, 0, SLOT);
    memcpy(ret, magic, sizeof magic);
    put_number(ret + 16, slot->write);
    put_number(ret + 24, point->point.number);
    put_number(ret + 32, (uint64_t)point->at);
    memcpy(ret + 40, point->point.hash, CVG_SHA256_SIZE);
    memcpy(ret + 72, point->signature, CVG_ED25519_SIGNATURE);
    memcpy(ret + 136, slot->head.public_key, CVG_ED25519_PUBLIC);
    cvg_sha256(ret, COVERED, ret + COVERED);
}

static bool parse_slot(const unsigned char bytes[SLOT], struct slot *ret)
{
    unsigned char digest[CVG_SHA256_SIZE];
    cvg_sha256(bytes, COVERED, digest);
    if (memcmp(digest, bytes + COVERED, sizeof digest) != 0 ||
        memcmp(bytes, magic, sizeof magic) != 0) {
        return false;
    }
    struct cvg_chain_signed *point = &ret->head.point;
    ret->write = get_number(bytes + 16);
    if (ret->write == 0 || ret->write > WRITES_MOST) {
        return false;
    }
    point->point.number = get_number(bytes + 24);
    point->at = (int64_t)get_number(bytes + 32);
    memcpy(point->point.hash, bytes + 40, CVG_SHA256_SIZE);
    memcpy(point->signature, bytes + 72, CVG_ED25519_SIGNATURE);
    memcpy(ret->head.public_key, bytes + 136, CVG_ED25519_PUBLIC);
    return true;
}

enum slots {
    SLOTS_EMPTY, /* nothing was ever written */
    SLOTS_BROKEN,
    SLOTS_WHOLE /* at least one is */
};

/* Which of the two counts, in *ret and *ret_index. */
static int read_slots(int fd, enum slots *ret_state, struct slot *ret, unsigned *ret_index)
{
    enum slots state = SLOTS_EMPTY;
    for (unsigned i = 0; i < 2; i++) {
        unsigned char bytes[SLOT] = {0}, any = 0;
        struct slot slot;
        if (pread(fd, bytes, sizeof bytes, (off_t)i * SLOT_STEP) < 0) {
            return -1;
        }
        for (size_t k = 0; k < sizeof bytes; k++) {
            any |= bytes[k];
        }
        if (!any) {
            continue;
        }
        if (!parse_slot(bytes, &slot)) {
            state = CVG_MAX(state, SLOTS_BROKEN);
        } else if (state != SLOTS_WHOLE || slot.write > ret->write) {
            state = SLOTS_WHOLE;
            *ret = slot;
            *ret_index = i;
        }
    }
    *ret_state = state;
    return 0;
}

int cvg_head_read(const char *file, struct cvg_head *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_beside_close) int fd = -1;
    enum slots state;
    struct slot slot;
    unsigned index;

    int rc = cvg_beside_open(file, "head", O_RDONLY, &fd, reterr);
    if (rc < 0) {
        return rc;
    }
    if (read_slots(fd, &state, &slot, &index) < 0) {
        return cvg_error_set_errno(reterr, errno, "%s.head", file);
    }
    if (state == SLOTS_EMPTY) {
        return cvg_error_set(reterr, CVG_E_NOT_FOUND, "%s.head: is empty", file);
    }
    if (state == SLOTS_BROKEN) {
        return cvg_error_set(reterr, CVG_E_INVALID, "%s.head: is damaged", file);
    }
    if (!cvg_chain_verify(slot.head.public_key, CVG_CHAIN_HEAD, &slot.head.point)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "%s.head: the signature is wrong", file);
    }
    *ret = slot.head;
    return 0;
}

int cvg_head_open(const char *file, struct cvg_head_file **ret, struct cvg_error *reterr)
{
    enum slots state;
    struct slot slot;
    unsigned index = 1;
    int fd = -1;

    int rc = cvg_beside_open(file, "head", O_RDWR | O_CREAT, &fd, reterr);
    if (rc < 0) {
        return rc;
    }
    if (read_slots(fd, &state, &slot, &index) < 0) {
        rc = cvg_error_set_errno(reterr, errno, "%s.head", file);
        close(fd);
        return rc;
    }
    if (state == SLOTS_EMPTY) {
        /* All of its size is there before the first head is, so that a write never grows it. */
        static const unsigned char zeros[SLOT_STEP + SLOT];
        if (cvg_beside_write(fd, zeros, sizeof zeros, 0) != 0 || fsync(fd) != 0) {
            rc = cvg_error_set_errno(reterr, errno, "%s.head", file);
            close(fd);
            return rc;
        }
        rc = cvg_beside_sync_folder(file, reterr);
        if (rc < 0) {
            close(fd);
            return rc;
        }
    }
    struct cvg_head_file *head = CVG_NEW(struct cvg_head_file);
    head->fd = fd;
    head->file = cvg_strdup(file);
    head->write = state == SLOTS_WHOLE ? slot.write : 0;
    head->next = state == SLOTS_WHOLE ? 1 - index : 0;
    *ret = head;
    return 0;
}

void cvg_head_close(struct cvg_head_file *head)
{
    if (head) {
        close(head->fd);
        free(head->file);
        free(head);
    }
}

int cvg_head_write(struct cvg_head_file *head, const struct cvg_head *value,
                   struct cvg_error *reterr)
{
    struct slot slot = {.write = head->write + 1, .head = *value};
    unsigned char bytes[SLOT];

    spell_slot(&slot, bytes);
    if (cvg_beside_write(head->fd, bytes, sizeof bytes, (int64_t)head->next * SLOT_STEP) != 0 ||
        fdatasync(head->fd) != 0) {
        return cvg_error_set_errno(reterr, errno, "%s.head", head->file);
    }
    head->write = slot.write;
    head->next = 1 - head->next;
    return 0;
}
